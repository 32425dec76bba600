use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use shared::{auth::Caller, db::Db, process::Lifecycle};

use super::App;
use crate::{
    domain::{Language, Override, Overrides, Template, Wording, WordingFault},
    error::Error,
    mail::{Letter, Renderer, built_in, names, tried},
    store::templates,
};

/// How often a replica looks whether another one's administrator changed a template.
const LOOK: Duration = Duration::from_secs(2);

/// The templates in force in this process.
pub struct Templates {
    current: RwLock<(i64, Arc<Renderer>)>,
}

impl Templates {
    /// The built-in ones.
    ///
    /// # Errors
    /// When one of them does not compile; a test has compiled them all.
    pub fn built_in() -> Result<Self, WordingFault> {
        Ok(Self { current: RwLock::new((0, Arc::new(Renderer::new(&Overrides::new())?))) })
    }

    /// What fills them in.
    #[must_use]
    pub fn renderer(&self) -> Arc<Renderer> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    fn revision(&self) -> i64 {
        self.current.read().unwrap_or_else(PoisonError::into_inner).0
    }

    fn set(&self, revision: i64, renderer: Renderer) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = (revision, Arc::new(renderer));
    }
}

/// A template as an administrator sees it.
#[derive(Clone, Debug)]
pub struct TemplateShown {
    /// Which.
    pub template: Template,
    /// What it may name.
    pub variables: Vec<String>,
    /// The words in force in each language, and who wrote them in place of the built-in ones.
    pub wordings: Vec<(Language, Wording, Option<Override>)>,
}

/// Parts to write anew; the rest stays.
#[derive(Clone, Debug, Default)]
pub struct WordingPatch {
    /// The subject.
    pub subject: Option<String>,
    /// The plain form.
    pub text: Option<String>,
    /// The HTML form.
    pub html: Option<String>,
}

impl WordingPatch {
    fn over(self, wording: Wording) -> Wording {
        Wording {
            subject: self.subject.unwrap_or(wording.subject),
            text: self.text.unwrap_or(wording.text),
            html: self.html.unwrap_or(wording.html),
        }
    }
}

impl App {
    /// All templates.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn templates(&self) -> Result<Vec<TemplateShown>, Error> {
        let (_, written) = templates::all(self.db.conn()).await?;
        Ok(Template::ALL.iter().map(|template| self.template_shown(*template, &written)).collect())
    }

    /// One template.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn template(&self, template: Template) -> Result<TemplateShown, Error> {
        let (_, written) = templates::all(self.db.conn()).await?;
        Ok(self.template_shown(template, &written))
    }

    /// Writes parts of a template anew; in force here at once, and in every replica within seconds.
    ///
    /// # Errors
    /// [`Error::Wording`] for what does not compile or names what is not there; then nothing is changed.
    pub async fn reword(
        &self,
        admin: &Caller,
        template: Template,
        patches: Vec<(Language, WordingPatch)>,
    ) -> Result<TemplateShown, Error> {
        let tx = self.db.begin().await?;
        templates::lock(&tx).await?;
        let (_, written) = templates::all(&*tx).await?;
        for (language, patch) in patches {
            let wording = patch.over(in_force(template, language, &written));
            tried(template, language, &wording, &self.links)?;
            let written = Override { wording, by: admin.user_id, at: self.clock.now() };
            templates::put(&tx, template, language, &written).await?;
        }
        tx.commit().await?;
        self.refresh_templates(&self.db).await?;
        self.template(template).await
    }

    /// What a wording would make of an example, without keeping it.
    ///
    /// # Errors
    /// [`Error::Wording`] for what does not compile or names what is not there.
    pub async fn preview(
        &self,
        template: Template,
        language: Language,
        patch: WordingPatch,
    ) -> Result<Letter, Error> {
        let (_, written) = templates::all(self.db.conn()).await?;
        let wording = patch.over(in_force(template, language, &written));
        Ok(tried(template, language, &wording, &self.links)?)
    }

    /// Goes back to the built-in template in all languages.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn restore(&self, template: Template) -> Result<(), Error> {
        let tx = self.db.begin().await?;
        templates::lock(&tx).await?;
        templates::remove(&tx, template).await?;
        tx.commit().await?;
        self.refresh_templates(&self.db).await
    }

    /// Takes in what administrators wrote, if something is new.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn refresh_templates(&self, db: &Db) -> Result<(), Error> {
        if templates::revision(db.conn()).await? == self.templates.revision() {
            return Ok(());
        }
        let (revision, written) = templates::all(db.conn()).await?;
        self.templates.set(revision, Renderer::new(&written)?);
        Ok(())
    }

    /// Follows other replicas' changes for as long as the process lives.
    pub fn follow_templates(&self, db: Db, lifecycle: &Lifecycle) {
        let (app, stop) = (self.clone(), lifecycle.halting());
        lifecycle.spawn("templates", async move {
            loop {
                tokio::select! {
                    () = stop.cancelled() => return Ok(()),
                    () = tokio::time::sleep(LOOK) => {}
                }
                if let Err(error) = app.refresh_templates(&db).await {
                    tracing::debug!(%error, "whether a template was changed is not known");
                }
            }
        });
    }

    fn template_shown(&self, template: Template, written: &Overrides) -> TemplateShown {
        let wording = |language| {
            let by = written.get(&(template, language)).cloned();
            (language, in_force(template, language, written), by)
        };
        TemplateShown {
            template,
            variables: names(template, &self.links),
            wordings: Language::ALL.into_iter().map(wording).collect(),
        }
    }
}

fn in_force(template: Template, language: Language, written: &Overrides) -> Wording {
    match written.get(&(template, language)) {
        Some(written) => written.wording.clone(),
        None => built_in(template, language),
    }
}
