//! A configuration that is read again while the provider runs, with what was changed meanwhile.

use serde_json::{Map, Value};

use super::Config;

impl Config {
    /// This configuration with what was changed since `before` was read: `now` is what came of it. What of that stays, in words.
    pub fn with_changes(&self, before: &Self, now: &Self) -> (Self, Vec<String>) {
        let (mut stays, mut merged) = (Vec::new(), members(self));
        let (mut before, mut now) = (members(before), members(now));
        // Without people in a file there are the examples; with one more person they are listed.
        for (kind, name, what) in [("user", "sub", "user"), ("client", "id", "client")] {
            let list = |members: &mut Map<String, Value>| members.remove(kind).unwrap_or(Value::Null);
            let (old, current, new) = (list(&mut before), list(&mut now), list(&mut merged));
            if old == current {
                merged.insert(kind.to_owned(), new);
                continue;
            }
            let (old, new) = (listed(kind, old), listed(kind, new));
            let whole =
                merged_list(&old, &listed(kind, current), &new, name, |name| stays.push(format!("{what} {name}")));
            merged.insert(kind.to_owned(), Value::Array(whole));
        }
        for (key, value) in now {
            if before.get(&key) != Some(&value) {
                stays.push(key.clone());
                merged.insert(key, value);
            }
        }
        merged.retain(|_, value| !value.is_null());
        let merged = serde_json::from_value(Value::Object(merged)).unwrap_or_else(|_| self.clone());
        (merged, stays)
    }
}

fn members(config: &Config) -> Map<String, Value> {
    match serde_json::to_value(config) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}

fn listed(kind: &str, list: Value) -> Vec<Value> {
    match list {
        Value::Array(list) => list,
        Value::Null if kind == "user" => match serde_json::to_value(super::example_people()) {
            Ok(Value::Array(examples)) => examples,
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// Each item of the new list unless it was changed or removed meanwhile, and each that was added or changed.
fn merged_list(old: &[Value], current: &[Value], new: &[Value], name: &str, mut stays: impl FnMut(&str)) -> Vec<Value> {
    let find = |list: &[Value], item: &Value| list.iter().find(|other| other[name] == item[name]).cloned();
    let changed = |item: &Value| find(current, item).filter(|now| find(old, item).as_ref() != Some(now));
    let removed = |item: &Value| find(old, item).is_some() && find(current, item).is_none();
    let mut whole: Vec<Value> =
        new.iter().filter(|item| !removed(item)).map(|item| changed(item).unwrap_or_else(|| item.clone())).collect();
    let added =
        current.iter().filter(|item| find(new, item).is_none() && find(old, item).is_none_or(|old| old != **item));
    whole.extend(added.cloned());
    for item in current.iter().filter(|item| find(old, item).as_ref() != Some(item)) {
        stays(item[name].as_str().unwrap_or_default());
    }
    for item in new.iter().filter(|item| removed(item)) {
        stays(&format!("{} (removed)", item[name].as_str().unwrap_or_default()));
    }
    whole
}
