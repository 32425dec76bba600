use shared::{
    bus::{Fault, Handler},
    db::Tx,
    events::{
        Envelope, UserDeleted, UserEmailVerified, UserProfileUpdated, UserRegistered, UserRoleChanged,
        UserStatusChanged,
    },
    ids::UserId,
};

use crate::{
    domain::{Audience, Decision, Moment, News, Notice, Profile, RoleChange, Telling, decide, telling},
    service::{App, Cause},
};

/// Follows the event stream.
pub struct Events(pub App);

impl Handler for Events {
    async fn handle(&self, tx: &Tx, event: &Envelope) -> Result<(), Fault> {
        let Some(decision) = decide(&event.event_type) else {
            tracing::debug!(event_type = event.event_type, "an event type of a newer version is passed over");
            return Ok(());
        };
        let (user, news) = match decision {
            Decision::LearnAccount => {
                let UserRegistered { user_id, email, role } = event.data()?;
                self.account_news(tx, event, user_id, Notice::Welcome(Moment { at: event.timestamp }))
                    .await?;
                (user_id, News::Registered { email, role })
            }
            Decision::LearnAddress => {
                let UserEmailVerified { user_id, email } = event.data()?;
                (user_id, News::Address(email))
            }
            Decision::LearnRole => {
                let UserRoleChanged { user_id, old_role, new_role } = event.data()?;
                let change = RoleChange { from: old_role, to: new_role.clone(), at: event.timestamp };
                self.account_news(tx, event, user_id, Notice::RoleChanged(change)).await?;
                (user_id, News::Role(new_role))
            }
            Decision::LearnStatus => {
                let UserStatusChanged { user_id, is_active } = event.data()?;
                (user_id, News::Active(is_active))
            }
            Decision::LearnProfile => {
                let UserProfileUpdated { user_id, first_name, last_name, language, .. } = event.data()?;
                // A language that there are no templates in is as good as none.
                let language = language.and_then(|tag| tag.parse().ok());
                (user_id, News::Profile(Profile { first_name, last_name, language }))
            }
            Decision::Forget => (event.data::<UserDeleted>()?.user_id, News::Erased),
            Decision::Ignore => return Ok(()),
            tell => {
                let tellings = tellings(tell, event)?;
                return Ok(self.0.tell(tx, cause(event), tellings).await?);
            }
        };
        Ok(self.0.learn(tx, user, news, event.aggregate_version).await?)
    }
}

impl Events {
    /// What happened to an account not long ago. A consumer that reads the stream from its start again, or for the first
    /// time, welcomes nobody who has been there for long.
    async fn account_news(&self, tx: &Tx, event: &Envelope, to: UserId, notice: Notice) -> Result<(), Fault> {
        if self.0.is_news(event.timestamp) {
            self.0.tell(tx, cause(event), vec![Telling { to: Audience::Person(to), notice }]).await?;
        }
        Ok(())
    }
}

/// Who is told what.
fn tellings(decision: Decision, event: &Envelope) -> Result<Vec<Telling>, Fault> {
    let by = event.user_id;
    Ok(match decision {
        Decision::TellTicketCreated => telling::created(event.data()?),
        Decision::TellTicketAssigned => telling::assigned(event.data()?, by),
        Decision::TellTicketMoved => telling::moved(event.data()?, by),
        Decision::TellTicketUpdated => telling::updated(event.data()?, by),
        Decision::TellTicketCommented => telling::commented(event.data()?, by),
        Decision::TellSlaWarning => telling::clock_nearly_out(event.data()?),
        Decision::TellSlaBreached => telling::clock_out(event.data()?),
        Decision::TellFileRefused => telling::file_refused(event.data()?),
        Decision::TellReportReady => telling::report_ready(event.data()?),
        // `user.password_changed` and `user.password_reset` both carry no more than whose it was: the aggregate.
        Decision::TellPasswordChanged => vec![Telling {
            to: Audience::Person(UserId::from(event.aggregate_id)),
            notice: Notice::PasswordChanged(Moment { at: event.timestamp }),
        }],
        Decision::LearnAccount
        | Decision::LearnAddress
        | Decision::LearnRole
        | Decision::LearnStatus
        | Decision::LearnProfile
        | Decision::Forget
        | Decision::Ignore => Vec::new(),
    })
}

fn cause(event: &Envelope) -> Cause<'_> {
    Cause { id: event.event_id, correlation_id: event.correlation_id.as_deref() }
}
