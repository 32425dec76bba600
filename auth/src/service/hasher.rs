//! bcrypt, kept away from the HTTP threads and from taking all cores at once.

use std::sync::{
    Arc,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{
    Error,
    domain::{Password, PasswordHash, password},
};

/// So many may wait for a core at once. At a quarter of a second each the last of them waits half a minute on two
/// cores; whoever comes after that is better told to come again.
const QUEUE: usize = 256;

/// Hashes and compares passwords.
pub struct Hasher {
    cost: u32,
    cores: Semaphore,
    waiting: AtomicUsize,
    comparisons: Arc<AtomicU64>,
    /// Compared with when there is no account, so that it takes as long.
    nobody: PasswordHash,
}

impl Hasher {
    /// `cost` is the logarithm of the number of rounds.
    #[must_use]
    pub fn new(cost: u32) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        // A hash of nothing: salt and digest are well-formed and no password gives them.
        let nobody = PasswordHash::of(format!("$2b${cost:02}${}{}", ".".repeat(22), ".".repeat(31)));
        Self {
            cost,
            cores: Semaphore::new(cores),
            waiting: AtomicUsize::new(0),
            comparisons: Arc::default(),
            nobody,
        }
    }

    /// The hash of a password.
    ///
    /// # Errors
    /// When too many wait already, or bcrypt fails.
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, Error> {
        let _core = self.core().await?;
        let cost = self.cost;
        let hash = tokio::task::spawn_blocking(move || bcrypt::hash(password.reveal(), cost));
        Ok(PasswordHash::of(hash.await.map_err(Error::internal)?.map_err(Error::internal)?))
    }

    /// Whether `typed` is the password of `hash`. Without a hash it is not, and finding that out takes as long.
    ///
    /// # Errors
    /// When too many wait already, or bcrypt fails.
    pub async fn matches(&self, typed: String, hash: Option<&PasswordHash>) -> Result<bool, Error> {
        let _core = self.core().await?;
        let (known, hash) = (hash.is_some(), hash.unwrap_or(&self.nobody).clone());
        let comparisons = self.comparisons.clone();
        let compared = tokio::task::spawn_blocking(move || {
            comparisons.fetch_add(1, Ordering::Relaxed);
            bcrypt::verify(&typed, hash.as_str()).map(|same| same && typed.len() <= password::MAX_BYTES)
        });
        let same = compared.await.map_err(Error::internal)?.map_err(Error::internal)?;
        metrics::counter!("auth_password_comparisons_total").increment(1);
        Ok(same && known)
    }

    /// Whether a hash was made with another cost than is configured now.
    #[must_use]
    pub fn is_outdated(&self, hash: &PasswordHash) -> bool {
        hash.cost() != Some(self.cost)
    }

    /// How many comparisons there were.
    #[cfg(test)]
    pub fn comparisons(&self) -> u64 {
        self.comparisons.load(Ordering::Relaxed)
    }

    async fn core(&self) -> Result<SemaphorePermit<'_>, Error> {
        let place = Place::take(&self.waiting).ok_or(Error::Busy)?;
        let permit = self.cores.acquire().await.expect("the semaphore is never closed");
        drop(place);
        Ok(permit)
    }
}

/// A place in the queue; given back however the waiting ends.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize) -> Option<Self> {
        let before = waiting.fetch_add(1, Ordering::SeqCst);
        let place = Place(waiting);
        (before < QUEUE).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::PasswordPolicy;

    fn password(text: &str) -> Password {
        PasswordPolicy::new(4).parse(text.to_owned(), None).unwrap()
    }

    #[tokio::test]
    async fn a_password_matches_its_own_hash_only() {
        let hasher = Hasher::new(4);
        let hash = hasher.hash(password("correct horse")).await.unwrap();
        assert!(hasher.matches("correct horse".into(), Some(&hash)).await.unwrap());
        assert!(!hasher.matches("correct horsf".into(), Some(&hash)).await.unwrap());
        assert!(!hasher.matches("correct horse".into(), None).await.unwrap());
        assert!(!hasher.is_outdated(&hash) && Hasher::new(5).is_outdated(&hash));
    }

    #[tokio::test]
    async fn nobody_is_compared_with_as_thoroughly_as_somebody() {
        let hasher = Hasher::new(4);
        assert!(!hasher.matches("anything".into(), None).await.unwrap());
        assert_eq!(hasher.comparisons(), 1);
        assert_eq!(hasher.nobody.cost(), Some(4));
        assert!(
            bcrypt::verify("anything", hasher.nobody.as_str()).is_ok_and(|same| !same),
            "bcrypt takes it"
        );
    }

    #[tokio::test]
    async fn the_seventy_third_byte_is_not_ignored() {
        let hasher = Hasher::new(4);
        let longest = "x7".repeat(36);
        let hash = hasher.hash(password(&longest)).await.unwrap();
        assert!(hasher.matches(longest.clone(), Some(&hash)).await.unwrap());
        assert!(!hasher.matches(format!("{longest}y"), Some(&hash)).await.unwrap());
        assert!(!hasher.matches(longest[..71].to_owned(), Some(&hash)).await.unwrap());
    }

    #[test]
    fn a_full_queue_turns_away_and_empties_again() {
        let waiting = AtomicUsize::new(0);
        let places: Vec<_> = (0..QUEUE).map_while(|_| Place::take(&waiting)).collect();
        assert_eq!(places.len(), QUEUE);
        assert!(Place::take(&waiting).is_none());
        drop(places);
        assert!(Place::take(&waiting).is_some());
        assert_eq!(waiting.load(Ordering::SeqCst), 0);
    }
}
