//! One request of a collection: what is sent, by whom, and what must come back.

use serde_json::Value;

/// Whose token a request carries.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Nobody's.
    Nobody,
    /// Who opens tickets; a collection's requests are theirs unless another is named.
    Requester,
    /// Somebody who has nothing to do with them.
    Stranger,
    /// Who works tickets.
    Agent,
    /// The administrator, who may do all that an agent may.
    Admin,
}

/// What a request carries.
pub enum Body {
    None,
    Json(Value),
    /// As it stands, and said to be JSON.
    Text(&'static str),
    /// Fields, and a file of `compose/postman/files`.
    Form(Vec<(&'static str, &'static str)>, &'static str),
    /// A file of `compose/postman/files`, and its type.
    File(&'static str, &'static str),
}

/// A request with its tests. Built sentence by sentence, as in `call("…", "GET /tickets/{id}").of("{{ticketId}}").answers(200)`.
pub struct Call {
    pub name: String,
    /// Method and path, as the OpenAPI document has them.
    pub operation: &'static str,
    pub by: Who,
    /// What the path's one parameter is.
    pub parameter: Option<&'static str>,
    pub query: Vec<(&'static str, &'static str)>,
    pub headers: Vec<(&'static str, &'static str)>,
    pub body: Body,
    pub status: u16,
    /// Lines of JavaScript before the request is sent.
    pub before: Vec<&'static str>,
    /// What must hold, in JavaScript, before the tests run. Until then the request is sent again.
    pub until: Option<&'static str>,
    /// Names of tests and their JavaScript, on the answer's `body`.
    pub tests: Vec<(String, String)>,
    /// Variables, and what of the answer, in JavaScript, they keep for the requests to come.
    pub keeps: Vec<(String, String)>,
    /// Whether what comes back is something else than JSON.
    pub is_text: bool,
}

/// A request that is to succeed with 200 until something else is said.
pub fn call(name: impl Into<String>, operation: &'static str) -> Call {
    Call {
        name: name.into(),
        operation,
        by: Who::Requester,
        parameter: None,
        query: Vec::new(),
        headers: Vec::new(),
        body: Body::None,
        status: 200,
        before: Vec::new(),
        until: None,
        tests: Vec::new(),
        keeps: Vec::new(),
        is_text: false,
    }
}

impl Call {
    pub fn by(mut self, who: Who) -> Self {
        self.by = who;
        self
    }

    /// Fills the path's parameter in.
    pub fn of(mut self, parameter: &'static str) -> Self {
        self.parameter = Some(parameter);
        self
    }

    pub fn query(mut self, key: &'static str, value: &'static str) -> Self {
        self.query.push((key, value));
        self
    }

    pub fn header(mut self, key: &'static str, value: &'static str) -> Self {
        self.headers.push((key, value));
        self
    }

    pub fn json(self, body: Value) -> Self {
        self.sends(Body::Json(body))
    }

    pub fn sends(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    pub fn before(mut self, line: &'static str) -> Self {
        self.before.push(line);
        self
    }

    /// Sends it again and again, for ten seconds at most, until this holds: what comes by an event takes a moment.
    pub fn until(mut self, condition: &'static str) -> Self {
        self.until = Some(condition);
        self
    }

    /// The status that must come back.
    pub fn answers(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The status and the code of the problem that must come back.
    pub fn refused(self, status: u16, code: &'static str) -> Self {
        self.answers(status).has("code", code)
    }

    /// The field that the problem must name.
    pub fn field(self, name: &'static str) -> Self {
        let test = format!("pm.expect(body.errors.map((it) => it.field)).to.include(\"{name}\");");
        self.check(format!("the fault is in {name}"), test)
    }

    /// Refused because the session is over, which the other services learn by an event.
    pub fn refused_soon(self) -> Self {
        self.until("body.code === \"token_revoked\"").refused(401, "token_revoked")
    }

    /// A field of the answer must be this. Variables in it are filled in.
    pub fn has(self, field: &str, value: impl Into<Value>) -> Self {
        let value: Value = value.into();
        let wanted = match &value {
            Value::String(text) if text.contains("{{") => format!("pm.variables.replaceIn({value})"),
            _ => value.to_string(),
        };
        let words = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        self.check(format!("{field} is {words}"), format!("pm.expect(body.{field}).to.eql({wanted});"))
    }

    /// A test of one's own.
    pub fn check(mut self, name: impl Into<String>, test: impl Into<String>) -> Self {
        self.tests.push((name.into(), test.into()));
        self
    }

    /// Keeps a part of the answer's body in a variable.
    pub fn keeps(mut self, variable: impl Into<String>, part: &'static str) -> Self {
        self.keeps.push((variable.into(), format!("body.{part}")));
        self
    }

    /// Keeps a header of the answer in a variable.
    pub fn keeps_header(mut self, variable: &'static str, header: &'static str) -> Self {
        self.keeps.push((variable.into(), format!("pm.response.headers.get(\"{header}\")")));
        self
    }

    /// What comes back is text or bytes.
    pub fn text(mut self) -> Self {
        self.is_text = true;
        self
    }
}

/// Requests that belong together.
pub struct Folder {
    pub name: &'static str,
    pub calls: Vec<Call>,
}

/// A folder with these requests.
pub fn folder(name: &'static str, calls: impl IntoIterator<Item = Call>) -> Folder {
    Folder { name, calls: calls.into_iter().collect() }
}
