//! What callers pass: every option is known and of its type, or the call is refused by the option's
//! name.

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::JsValue;

use super::js_error::{class_index, count};
use crate::error::Error;

/// The options of one call.
pub struct Options(JsValue);

impl Options {
    /// The options of a call that knows those of `known`.
    ///
    /// # Errors
    /// `setting-out-of-range` when `options` is no object, or has an option that the call does not
    /// know.
    pub fn of(options: JsValue, known: &[&[&str]]) -> Result<Self, Error> {
        if !options.is_object() || Array::is_array(&options) {
            return Err(Error::SettingOutOfRange(format!(
                "the options must be an object, not {}",
                describe(&options)
            )));
        }
        let known = known.concat();
        for name in Object::keys(&Object::from(options.clone()))
            .iter()
            .filter_map(|name| name.as_string())
        {
            if !known.contains(&name.as_str()) {
                let hint = closest(&name, &known)
                    .map(|known| format!(": did you mean `{known}`?"))
                    .unwrap_or_default();
                return Err(Error::SettingOutOfRange(format!(
                    "unknown option `{name}`{hint}"
                )));
            }
        }
        Ok(Self(options))
    }

    /// The same for a call that needs none.
    ///
    /// # Errors
    /// As [`Options::of`].
    pub fn optional(options: JsValue, known: &[&[&str]]) -> Result<Self, Error> {
        Self::of(
            if is_left_out(&options) {
                Object::new().into()
            } else {
                options
            },
            known,
        )
    }

    /// An option's value, unless it is left out.
    pub fn get(&self, name: &str) -> Option<JsValue> {
        // A getter that throws has no value.
        Reflect::get(&self.0, &name.into())
            .ok()
            .filter(|value| !is_left_out(value))
    }

    /// A number, unless it is left out.
    ///
    /// # Errors
    /// `setting-out-of-range`, naming the option, for anything else.
    pub fn number(&self, name: &str) -> Result<Option<f64>, Error> {
        self.get(name).map(|value| number(name, &value)).transpose()
    }

    /// A whole number of at least 0, unless it is left out.
    ///
    /// # Errors
    /// `setting-out-of-range`, naming the option, for anything else.
    pub fn count(&self, name: &str) -> Result<Option<usize>, Error> {
        self.number(name)?
            .map(|value| count(name, value))
            .transpose()
    }

    /// A class's index.
    ///
    /// # Errors
    /// `setting-out-of-range` when it is no number; `class-out-of-range` when it is left out, or is
    /// no index.
    pub fn class(&self, name: &str) -> Result<usize, Error> {
        class_index(self.number(name)?.unwrap_or(f64::NAN))
    }

    /// A string, unless it is left out.
    ///
    /// # Errors
    /// `setting-out-of-range`, naming the option, for anything else.
    pub fn text(&self, name: &str) -> Result<Option<String>, Error> {
        self.get(name).map(|value| text(name, &value)).transpose()
    }
}

/// A number.
///
/// # Errors
/// `setting-out-of-range`, naming it, for anything else.
pub fn number(name: &str, value: &JsValue) -> Result<f64, Error> {
    value
        .as_f64()
        .ok_or_else(|| must_be(name, "a number", value))
}

/// A string.
///
/// # Errors
/// `setting-out-of-range`, naming it, for anything else.
pub fn text(name: &str, value: &JsValue) -> Result<String, Error> {
    value
        .as_string()
        .ok_or_else(|| must_be(name, "a string", value))
}

/// `setting-out-of-range`, as `value` is not what `name` has to be.
pub fn must_be(name: &str, what: &str, value: &JsValue) -> Error {
    Error::SettingOutOfRange(format!("`{name}` must be {what}, not {}", describe(value)))
}

/// What a value is, for people who passed it by mistake.
fn describe(value: &JsValue) -> String {
    const LONGEST: usize = 40;
    if let Some(text) = value.as_string() {
        let shown: String = text.chars().take(LONGEST).collect();
        return format!(
            "\"{shown}{}\"",
            if text.chars().nth(LONGEST).is_some() {
                "…"
            } else {
                ""
            }
        );
    }
    if value.is_function() {
        return "a function".to_owned();
    }
    if !value.is_object() {
        return match (value.as_f64(), value.as_bool()) {
            (Some(number), _) => number.to_string(),
            (_, Some(flag)) => flag.to_string(),
            _ if value.is_null() => "null".to_owned(),
            _ if value.is_undefined() => "undefined".to_owned(),
            _ => value.js_typeof().as_string().unwrap_or_default(),
        };
    }
    let class = Reflect::get(value, &"constructor".into())
        .and_then(|class| Reflect::get(&class, &"name".into()));
    let class = class
        .ok()
        .and_then(|name| name.as_string())
        .unwrap_or_default();
    match class.as_str() {
        "" | "Object" => "an object".to_owned(),
        "Array" => "an array".to_owned(),
        _ => class,
    }
}

/// As JavaScript has it: an option that is undefined is not there, and many mean the same by null.
fn is_left_out(value: &JsValue) -> bool {
    value.is_undefined() || value.is_null()
}

/// The known name that `name` was meant to be, if it is like one: written in another way, cut
/// short, or with a slip or two.
fn closest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = |name: &str| name.to_lowercase().replace(['_', '-'], "");
    let name = plain(name);
    let slips = |known: &str| {
        if known.starts_with(&name) {
            0
        } else {
            strsim::osa_distance(&name, known)
        }
    };
    let (slips, closest) = known
        .iter()
        .map(|known| (slips(&plain(known)), *known))
        .min()?;
    (slips <= (name.len() / 3).max(1)).then_some(closest)
}
