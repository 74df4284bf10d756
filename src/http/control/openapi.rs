//! The control API's description, [OpenAPI 3.1](https://spec.openapis.org/oas/v3.1.1.html), made of the same rows as its routes.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::operation::{Kind, Operation, PAGING, Query, Scope};
use super::problem::Details;

/// The document.
pub(super) fn document(groups: &[(&'static str, &'static str, Vec<Operation>)]) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let problem = generator.subschema_for::<Details>();
    let mut paths = Map::new();
    for (tag, _, operations) in groups {
        for operation in operations {
            let described = described(operation, &mut generator, (tag, &json!(problem)));
            insert(&mut paths, format!("/_control/v1{}", operation.path), operation.method, described.clone());
            if operation.scope == Scope::Realm {
                let path = format!("/_control/v1/realms/{{realm}}{}", operation.path);
                insert(&mut paths, path, operation.method, in_realm(described));
            }
        }
    }
    let schemas: Map<String, Value> = generator.take_definitions(true);
    let tags: Vec<Value> =
        groups.iter().map(|(name, about, _)| json!({ "name": name, "description": about })).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Standin control API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What a test tells the pretend identity provider, and what it asks it. Closed to pages of other origins. What is \
                below a realm's path is the same for that realm as the path without it is for the first one.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer", "description": "STANDIN_CONTROL_TOKEN, if one is set" } },
        },
        "security": [{}, { "token": [] }],
    })
}

fn insert(paths: &mut Map<String, Value>, path: String, method: &str, described: Value) {
    let entry = paths.entry(path).or_insert_with(|| json!({}));
    entry[method.to_ascii_lowercase()] = described;
}

/// The same operation, below a realm's path.
fn in_realm(mut described: Value) -> Value {
    if let Some(parameters) = described["parameters"].as_array_mut() {
        parameters.retain(|parameter| parameter["name"] != "Standin-Realm");
        parameters.insert(0, path_parameter("/realms/{realm}", "realm"));
    }
    described["operationId"] = format!("{}_in_realm", described["operationId"].as_str().unwrap_or_default()).into();
    described
}

/// A part of a path: what it is, and one that could stand there.
fn path_parameter(path: &str, name: &str) -> Value {
    let (about, example) = match (name, path.split('/').nth(1).unwrap_or_default()) {
        ("realm", _) => ("The realm's name; a slash in it is written %2F", "default"),
        ("sub", _) => ("The person's `sub`", "bob"),
        ("sid", _) => ("The session's `sid`", "q8J2Yw"),
        ("kid", _) => ("The key's name", "b8cdW5r8A9mDDh6sl3Pf3Fr8jE0lY5F8JNdEaXbL5mE"),
        ("name", _) => ("The snapshot's name", "before"),
        ("id", "clients") => ("The `client_id`", "notes-web"),
        ("id", "faults") => ("The number that the fault was given, or its name", "idt.nonce.wrong"),
        ("id", "flows") => ("The flow's number", "1"),
        _ => ("The number that it was given", "1"),
    };
    json!({
        "name": name, "in": "path", "required": true, "description": about, "example": example,
        "schema": { "type": "string", "minLength": 1 },
    })
}

fn query_parameter(query: &Query) -> Value {
    let (schema, example) = match query.kind {
        Kind::Text(example) => (json!({ "type": "string" }), json!(example)),
        Kind::Number(example) if query.name == "limit" => {
            (json!({ "type": "integer", "minimum": 1, "maximum": super::operation::PAGE }), json!(example))
        }
        Kind::Number(example) => (json!({ "type": "integer", "minimum": 0 }), json!(example)),
        Kind::Flag => (json!({ "type": "boolean" }), json!(true)),
        Kind::OneOf(words) => {
            let words = words();
            (json!({ "type": "string", "enum": words }), json!(words[0]))
        }
    };
    json!({ "name": query.name, "in": "query", "description": query.sentence, "example": example, "schema": schema })
}

fn parameters(operation: &Operation) -> Vec<Value> {
    let of_path = operation.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut parameters: Vec<Value> = of_path.map(|name| path_parameter(operation.path, name)).collect();
    let paging = if operation.paged { &PAGING[..] } else { &[] };
    parameters.extend(operation.query.iter().chain(paging).map(query_parameter));
    if operation.scope == Scope::Realm {
        parameters.push(json!({
            "name": "Standin-Realm", "in": "header", "example": "default", "schema": { "type": "string" },
            "description": "Which realm is meant; the first one, where nothing is said.",
        }));
    }
    parameters
}

fn described(
    operation: &Operation,
    generator: &mut schemars::SchemaGenerator,
    (tag, problem): (&str, &Value),
) -> Value {
    let mut answer = json!({ "description": operation.summary });
    if let Some(schema) = operation.answer {
        let mut content = Map::new();
        content.insert(
            "application/json".into(),
            with_example(json!({ "schema": schema(generator) }), operation.examples.1),
        );
        if operation.media_type != "application/json" {
            content.insert(operation.media_type.into(), json!({ "schema": { "type": "string" } }));
        }
        for more in operation.more_media_types {
            content.insert((*more).into(), json!({ "schema": {} }));
        }
        answer["content"] = content.into();
    }
    if operation.paged || operation.path == "/events" {
        answer["headers"] = json!({ "Link": { "description": "The next page, if there is one (RFC 8288)", "schema": { "type": "string" } } });
    }
    let id: String = operation.path.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let id = format!("{}{}", operation.method.to_ascii_lowercase(), id.trim_end_matches('_'));
    let mut responses = Map::new();
    responses.insert(operation.status.to_string(), answer);
    for (status, about) in refusals(operation) {
        let content = json!({ "application/problem+json": { "schema": problem } });
        responses.insert(status.to_string(), json!({ "description": about, "content": content }));
    }
    let mut described = json!({
        "operationId": id,
        "tags": [tag],
        "summary": operation.summary,
        "description": operation.description,
        "parameters": parameters(operation),
        "responses": responses,
    });
    if operation.open {
        described["security"] = json!([]);
    }
    if let Some(schema) = operation.body {
        let schema = json!(schema(generator));
        let required = needs_a_body(generator, &schema);
        let content = with_example(json!({ "schema": schema }), operation.examples.0);
        described["requestBody"] = json!({ "required": required, "content": { "application/json": content } });
    }
    described
}

/// Whether there are members without which a body is none.
fn needs_a_body(generator: &schemars::SchemaGenerator, schema: &Value) -> bool {
    let name = schema["$ref"].as_str().and_then(|to| to.rsplit('/').next());
    let schema = name.and_then(|name| generator.definitions().get(name)).unwrap_or(schema);
    schema["required"].as_array().is_some_and(|required| !required.is_empty())
}

fn with_example(mut content: Value, example: &str) -> Value {
    if let Ok(example) = serde_json::from_str::<Value>(example) {
        content["example"] = example;
    }
    content
}

/// How an operation can be refused.
fn refusals(operation: &Operation) -> Vec<(u16, &'static str)> {
    let named = operation.path.contains('{') || operation.scope == Scope::Realm;
    let body = operation.body.is_some();
    let waits = operation.path == "/expect";
    let makes = matches!(operation.method, "POST" | "PUT" | "PATCH" | "DELETE");
    let rows = [
        (400, "A query parameter that there is not, or a body that is not JSON", true),
        (401, "A control token is needed", !operation.open),
        (403, "This caller may not control the provider", !operation.open),
        (404, "There is nothing of this name", named || operation.paged),
        (409, "Something is in the way", makes),
        (413, "The body is larger than 16 MiB", true),
        (415, "The body is not called JSON", true),
        (
            422,
            if waits { "It did not happen, or a value is wrong: `type` tells" } else { "A value is wrong" },
            body || named || operation.paged,
        ),
        (500, "A bug of Standin's", true),
        (503, "The store does not answer", !operation.open),
    ];
    rows.into_iter().filter(|(.., can)| *can).map(|(status, about, _)| (status, about)).collect()
}
