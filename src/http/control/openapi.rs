//! The control API's description, [OpenAPI 3.1](https://spec.openapis.org/oas/v3.1.1.html), made of the same rows as its routes.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::operation::{Operation, Scope};
use super::problem::Problem;

/// The document.
pub(super) fn document(operations: &[Operation]) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let problem = generator.subschema_for::<Problem>();
    let mut paths = Map::new();
    for operation in operations {
        let described = described(operation, &mut generator, &json!(problem));
        insert(&mut paths, format!("/_control/v1{}", operation.path), operation.method, described.clone());
        if operation.scope == Scope::Realm {
            let mut below = described;
            let realm = json!({
                "name": "realm", "in": "path", "required": true, "schema": { "type": "string" },
                "description": "The realm's name; a slash in it is written %2F.",
            });
            if let Some(parameters) = below["parameters"].as_array_mut() {
                parameters.retain(|parameter| parameter["name"] != "Standin-Realm");
                parameters.insert(0, realm);
            }
            let id = format!("{}_in_realm", below["operationId"].as_str().unwrap_or_default());
            below["operationId"] = id.into();
            insert(&mut paths, format!("/_control/v1/realms/{{realm}}{}", operation.path), operation.method, below);
        }
    }
    let schemas: Map<String, Value> = generator.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Standin control API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What a test tells the pretend identity provider, and what it asks it. Closed to pages of other origins.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
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

fn described(operation: &Operation, generator: &mut schemars::SchemaGenerator, problem: &Value) -> Value {
    let mut parameters: Vec<Value> = operation
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    parameters.extend(operation.query.iter().map(|(name, sentence)| {
        json!({ "name": name, "in": "query", "description": sentence, "schema": { "type": "string" } })
    }));
    if operation.scope == Scope::Realm {
        parameters.push(json!({
            "name": "Standin-Realm", "in": "header", "schema": { "type": "string" },
            "description": "Which realm is meant; the first one, where nothing is said.",
        }));
    }
    let mut answer = json!({ "description": operation.summary });
    if let Some(schema) = operation.answer {
        let mut content = Map::new();
        content.insert("application/json".into(), json!({ "schema": schema(generator) }));
        if operation.media_type != "application/json" {
            content.insert(operation.media_type.into(), json!({ "schema": { "type": "string" } }));
        }
        answer["content"] = content.into();
    }
    let id: String = operation.path.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let id = format!("{}{}", operation.method.to_ascii_lowercase(), id.trim_end_matches('_'));
    let mut described = json!({
        "operationId": id,
        "summary": operation.summary,
        "parameters": parameters,
        "responses": {
            operation.status.to_string(): answer,
            "default": {
                "description": "What was wrong, and in which field",
                "content": { "application/problem+json": { "schema": problem } },
            },
        },
    });
    if let Some(schema) = operation.body {
        described["requestBody"] =
            json!({ "required": true, "content": { "application/json": { "schema": schema(generator) } } });
    }
    described
}
