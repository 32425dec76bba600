use compose::{
    all_in_one,
    ports::{Port, Ports},
    services::Service,
    settings::{self, ProcessSettings},
};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use shared::{
    config::{EventBus, Sources},
    testing::World,
};

const ADMIN: (&str, &str) = ("admin@example.com", "the administrator's password");

/// All six services in this process, on free ports, with databases, streams and a folder to themselves.
pub struct House {
    pub world: World,
    /// Where all routes are.
    pub url: String,
    /// Where each service is.
    pub services: Vec<(Service, String)>,
    pub client: Client,
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: String,
    pub token: String,
    pub refresh_token: String,
}

impl House {
    pub async fn open() -> Self {
        let world = World::start().await;
        let sources = sources(&world).await;
        let settings = ProcessSettings::read(&sources, &Service::ALL).unwrap();
        let mut services = Vec::new();
        let common = world.common("audit").await;
        let serving = world.serve(&common, |listener, process| {
            let mut ports = Ports::bind(&settings).unwrap();
            let address = listener.local_addr().unwrap();
            ports.gateway = Some(Port { listener, address });
            services.extend(ports.services.iter().map(|(service, port)| (*service, port.url())));
            let settings = settings.found_at(&sources, &ports).unwrap();
            async move { all_in_one::run(&settings, ports, &process).await }
        });
        let url = serving.await;
        Self { world, url, services, client: Client::new() }
    }

    /// A service on its own port.
    pub fn at(&self, service: Service) -> &str {
        &self.services.iter().find(|(own, _)| *own == service).unwrap().1
    }

    pub fn get(&self, person: &Person, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.url)).bearer_auth(&person.token)
    }

    pub fn post(&self, person: &Person, path: &str, body: &Value) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.url)).bearer_auth(&person.token).json(body)
    }

    /// The body of a call that is to succeed.
    pub async fn read(&self, person: &Person, path: &str) -> Value {
        let answer = self.get(person, path).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.unwrap()
    }

    pub async fn register(&self, email: &str) -> Person {
        let body = json!({ "email": email, "password": "correct horse battery staple" });
        let answer =
            self.client.post(format!("{}/auth/register", self.url)).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 201, "{email}");
        Person::of(&answer.json().await.unwrap())
    }

    pub async fn admin(&self) -> Person {
        let body = json!({ "email": ADMIN.0, "password": ADMIN.1 });
        let answer = self.client.post(format!("{}/auth/login", self.url)).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 200, "the administrator was made at the start");
        Person::of(&answer.json().await.unwrap())
    }

    pub async fn open_ticket(&self, person: &Person, title: &str) -> Value {
        let body =
            json!({ "title": title, "description": "It burns.", "category": "hardware", "priority": "HIGH" });
        let answer = self.post(person, "/tickets", &body).send().await.unwrap();
        assert_eq!(answer.status(), 201);
        answer.json().await.unwrap()
    }
}

impl Person {
    fn of(answer: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            id: text(&answer["user"]["id"]),
            token: text(&answer["accessToken"]),
            refresh_token: text(&answer["refreshToken"]),
        }
    }
}

/// The settings of a process with all six services in this world, on free ports.
async fn sources(world: &World) -> Sources {
    // Opened through the world, each database belongs to what it waits for and clears away.
    world.open::<migrations::auth::Migrator>("auth").await;
    world.open::<migrations::users::Migrator>("users").await;
    world.open::<migrations::tickets::Migrator>("tickets").await;
    world.open::<migrations::files::Migrator>("files").await;
    world.open::<migrations::notifications::Migrator>("notifications").await;
    world.open::<migrations::audit::Migrator>("audit").await;
    let data_dir = world.data_dir().display().to_string();
    let mut sources = settings::sources(Sources::of("", []), &Service::ALL)
        .with("PORT", "0")
        .with("HELPDESK_DATA_DIR", data_dir)
        .with("BCRYPT_COST", "4")
        .with("ADMIN_EMAIL", ADMIN.0)
        .with("ADMIN_PASSWORD", ADMIN.1);
    for service in Service::ALL {
        let common = world.common(service.name()).await;
        let key = format!("{}_DATABASE_URL", service.name().to_ascii_uppercase());
        sources = sources.with(&key, common.database.url.expose());
        if common.events.bus == EventBus::JetStream {
            sources = sources
                .with("NATS_URL", &common.events.nats_url)
                .with("NATS_NAMESPACE", &common.events.namespace);
        }
        sources = sources.with("CACHE_PREFIX", &common.cache.prefix);
        if let Some(url) = &common.cache.redis_url {
            let timeout = format!("{}ms", common.cache.timeout.as_millis());
            sources = sources.with("REDIS_URL", url.expose()).with("REDIS_TIMEOUT", timeout);
        }
    }
    sources
}
