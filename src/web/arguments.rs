//! What callers pass: each option is known and has its type, or the call is refused by an error
//! that names the option.

use js_sys::{Array, ArrayBuffer, Float32Array, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use crate::error::Error;

/// The options of one call.
pub struct Options(JsValue);

impl Options {
    /// The options of a call that knows the names in `known`.
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

    /// The options of a call whose options may be left out as a whole.
    ///
    /// # Errors
    /// As [`Options::of`].
    pub fn optional(options: JsValue, known: &[&[&str]]) -> Result<Self, Error> {
        if is_left_out(&options) {
            return Ok(Self(Object::new().into()));
        }
        Self::of(options, known)
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

    /// A class index.
    ///
    /// # Errors
    /// `setting-out-of-range` when it is no number; `class-out-of-range` when it is left out or no
    /// index.
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

    /// True or false, unless it is left out.
    ///
    /// # Errors
    /// `setting-out-of-range`, naming the option, for anything else.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, Error> {
        let flag = |value: JsValue| {
            let bool = value.as_bool();
            bool.ok_or_else(|| must_be(name, "true or false", &value))
        };
        self.get(name).map(flag).transpose()
    }
}

/// A number.
///
/// # Errors
/// `setting-out-of-range`, naming `name`, for anything else.
pub fn number(name: &str, value: &JsValue) -> Result<f64, Error> {
    value
        .as_f64()
        .ok_or_else(|| must_be(name, "a number", value))
}

/// A string.
///
/// # Errors
/// `setting-out-of-range`, naming `name`, for anything else.
pub fn text(name: &str, value: &JsValue) -> Result<String, Error> {
    value
        .as_string()
        .ok_or_else(|| must_be(name, "a string", value))
}

/// A class index. A number from JavaScript may be missing, negative, fractional or NaN.
///
/// # Errors
/// `class-out-of-range` when it is not a whole number >= 0. Whether the network has such a class is
/// for the network to say.
pub fn class_index(value: f64) -> Result<usize, Error> {
    whole_number(value)
        .ok_or_else(|| Error::ClassOutOfRange(format!("{value} is not a class index")))
}

/// A count.
///
/// # Errors
/// `setting-out-of-range`, naming `name`, when it is not a whole number >= 0.
pub fn count(name: &str, value: f64) -> Result<usize, Error> {
    whole_number(value).ok_or_else(|| {
        Error::SettingOutOfRange(format!("`{name}` must be a whole number, not {value}"))
    })
}

fn whole_number(value: f64) -> Option<usize> {
    (value.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&value)).then_some(value as usize)
}

/// A length in pixels.
///
/// # Errors
/// `setting-out-of-range`, naming `name`, when it is not a whole number >= 0.
pub fn side(name: &str, value: &JsValue) -> Result<u32, Error> {
    number(name, value)
        .and_then(|value| count(name, value))
        .map(|side| side as u32)
}

/// The columns and rows of a frame.
///
/// # Errors
/// As [`side`].
pub fn frame_size(width: &JsValue, height: &JsValue) -> Result<(u32, u32), Error> {
    Ok((side("width", width)?, side("height", height)?))
}

/// The numbers of an array, or of a typed array of any kind.
///
/// # Errors
/// `setting-out-of-range`, naming `name`, for anything else.
pub fn numbers(name: &str, values: &JsValue) -> Result<Vec<f64>, Error> {
    // A DataView is a view without a length.
    let is_typed =
        ArrayBuffer::is_view(values) && Reflect::has(values, &"length".into()).unwrap_or(false);
    if !is_typed && !Array::is_array(values) {
        return Err(must_be(name, "an array of numbers", values));
    }
    Array::from(values)
        .iter()
        .enumerate()
        .map(|(i, value)| number(&format!("{name}[{i}]"), &value))
        .collect()
}

/// The numbers of an array, rounded to single precision. A `Float32Array` is copied at once.
///
/// # Errors
/// As [`numbers`].
pub fn floats(name: &str, values: &JsValue) -> Result<Vec<f32>, Error> {
    if let Some(values) = values.dyn_ref::<Float32Array>() {
        return Ok(values.to_vec());
    }
    let numbers = numbers(name, values)?;
    Ok(numbers.into_iter().map(|number| number as f32).collect())
}

/// The numbers of an array, each finite in single precision.
///
/// # Errors
/// As [`numbers`], and for a number that is not finite.
pub fn finite_floats(name: &str, values: &JsValue) -> Result<Vec<f32>, Error> {
    let floats = floats(name, values)?;
    match floats.iter().position(|float| !float.is_finite()) {
        None => Ok(floats),
        Some(index) => Err(Error::SettingOutOfRange(format!(
            "`{name}[{index}]` must be finite, not {}",
            floats[index]
        ))),
    }
}

/// `setting-out-of-range`: `name` must be `what`, and `value` is not.
pub fn must_be(name: &str, what: &str, value: &JsValue) -> Error {
    Error::SettingOutOfRange(format!("`{name}` must be {what}, not {}", describe(value)))
}

/// A value in a few words, for the caller who passed it by mistake.
fn describe(value: &JsValue) -> String {
    const LONGEST: usize = 40;
    if let Some(text) = value.as_string() {
        let shown: String = text.chars().take(LONGEST).collect();
        let rest = if text.chars().nth(LONGEST).is_some() {
            "…"
        } else {
            ""
        };
        return format!("\"{shown}{rest}\"");
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

/// Whether an option is left out: it is undefined or, as many callers write, null.
pub fn is_left_out(value: &JsValue) -> bool {
    value.is_undefined() || value.is_null()
}

/// The known name that `name` resembles, if there is one: another spelling, a prefix, or a name
/// with a few typing errors.
fn closest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = |name: &str| name.to_lowercase().replace(['_', '-'], "");
    let name = plain(name);
    let distance = |known: &str| {
        if known.starts_with(&name) {
            0
        } else {
            strsim::osa_distance(&name, known)
        }
    };
    let (errors, closest) = known
        .iter()
        .map(|known| (distance(&plain(known)), *known))
        .min()?;
    (errors <= (name.len() / 3).max(1)).then_some(closest)
}
