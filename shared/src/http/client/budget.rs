/// How many retries are worth it: one for every ten calls, and a few in hand. Without it a service in trouble gets
/// three times the load just then.
pub(super) struct Budget(u32);

const CALL: u32 = 1;
const RETRY: u32 = 10;
const MOST: u32 = 10 * RETRY;

impl Budget {
    pub(super) fn new() -> Self {
        Budget(MOST)
    }

    pub(super) fn called(&mut self) {
        self.0 = (self.0 + CALL).min(MOST);
    }

    pub(super) fn may_retry(&mut self) -> bool {
        match self.0.checked_sub(RETRY) {
            Some(left) => {
                self.0 = left;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_a_long_outage_one_call_in_ten_is_retried() {
        let mut budget = Budget::new();
        let retried = (0..1000)
            .filter(|_| {
                budget.called();
                budget.may_retry()
            })
            .count();
        assert!((100..=112).contains(&retried), "{retried}");
    }
}
