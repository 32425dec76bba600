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
    domain::{Channel, Decision, Moment, News, Notice, Profile, Telling, decide, telling},
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
                (user_id, News::Registered { email, role })
            }
            Decision::LearnAddress => {
                let UserEmailVerified { user_id, email } = event.data()?;
                (user_id, News::Address(email))
            }
            Decision::LearnRole => {
                let UserRoleChanged { user_id, new_role, .. } = event.data()?;
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
            Decision::TellTicketCreated => {
                return self.tell(tx, event, Some(telling::created(event.data()?))).await;
            }
            Decision::TellTicketAssigned => {
                return self.tell(tx, event, telling::assigned(event.data()?, event.user_id)).await;
            }
            Decision::TellTicketMoved => {
                return self.tell(tx, event, telling::moved(event.data()?, event.user_id)).await;
            }
            Decision::TellTicketUpdated => {
                return self.tell(tx, event, telling::updated(event.data()?, event.user_id)).await;
            }
            Decision::TellTicketCommented => {
                return self.tell(tx, event, telling::commented(event.data()?, event.user_id)).await;
            }
            Decision::TellPasswordChanged => return self.password_changed(tx, event).await,
            Decision::Ignore => return Ok(()),
        };
        Ok(self.0.learn(tx, user, news, event.aggregate_version).await?)
    }
}

impl Events {
    /// What is said about a ticket goes by mail and stands in the list.
    async fn tell(&self, tx: &Tx, event: &Envelope, telling: Option<Telling>) -> Result<(), Fault> {
        let Some(Telling { to, notice }) = telling else { return Ok(()) };
        let channels = [Channel::Email, Channel::InApp];
        Ok(self.0.tell(tx, cause(event), to, None, &channels, &notice).await?)
    }

    /// `user.password_changed` and `user.password_reset` both carry no more than whose it was: the aggregate.
    async fn password_changed(&self, tx: &Tx, event: &Envelope) -> Result<(), Fault> {
        let notice = Notice::PasswordChanged(Moment { at: event.timestamp });
        let user = UserId::from(event.aggregate_id);
        Ok(self.0.tell(tx, cause(event), user, None, &[Channel::Email], &notice).await?)
    }
}

fn cause(event: &Envelope) -> Cause<'_> {
    Cause { id: event.event_id, correlation_id: event.correlation_id.as_deref() }
}
