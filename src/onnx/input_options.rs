//! What a caller knows of a network's input, and the guesses for the rest.

use super::input_guess::{Guess, GuessSource, InputGuess, Layout, Scale};
use super::model::{Dimension, ValueInfo};
use crate::error::Error;
use crate::preprocess::{ChannelOrder, Fit, InputSpec};

/// Most rows, and columns, of an input.
const MAX_SIDE: usize = 1024;

/// What the caller knows of a network's input. What is left out is guessed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct InputOptions {
    /// Rows of the input.
    pub rows: Option<usize>,
    /// Columns of the input.
    pub columns: Option<usize>,
    /// Colours of the channels.
    pub colours: Option<ChannelOrder>,
    /// Order of the axes.
    pub layout: Option<Layout>,
    /// What a pixel value of 255 becomes: 1 or 255.
    pub range: Option<f64>,
    /// The mean of each channel in their order, or of all, on the scale of `range`.
    pub mean: Option<Vec<f64>>,
    /// The standard deviation of each channel or of all, likewise.
    pub std: Option<Vec<f64>>,
    /// How a photo is made to fit.
    pub fit: Option<Fit>,
}

/// What a network's input is, and how that is known. A pixel value becomes `(value / 255 * range -
/// mean) / std`.
#[derive(Debug, Clone, PartialEq)]
pub struct InputDescription {
    /// Rows of the input.
    pub rows: Guess<usize>,
    /// Columns of the input.
    pub columns: Guess<usize>,
    /// Colours of the channels.
    pub colours: Guess<ChannelOrder>,
    /// Order of the axes.
    pub layout: Guess<Layout>,
    /// What a pixel value of 255 becomes: 1 or 255.
    pub range: Guess<f64>,
    /// One mean a channel, in their order, on the scale of `range`.
    pub mean: Guess<Vec<f64>>,
    /// One standard deviation a channel, likewise.
    pub std: Guess<Vec<f64>>,
    /// How a photo is made to fit.
    pub fit: Guess<Fit>,
}

impl From<&InputSpec> for InputOptions {
    fn from(input: &InputSpec) -> Self {
        let wide = |values: &[f32]| Some(values.iter().map(|&value| f64::from(value)).collect());
        Self {
            rows: Some(input.rows),
            columns: Some(input.columns),
            colours: Some(input.channels),
            layout: None,
            range: Some(f64::from(input.range)),
            mean: wide(&input.mean),
            std: wide(&input.std),
            fit: Some(input.fit),
        }
    }
}

impl InputOptions {
    /// The input `picture` of a file by these options, and by `guess` where they say nothing.
    ///
    /// # Errors
    /// `setting-out-of-range`, naming the option, for one that no network can have, or that
    /// contradicts the file; `network-corrupt` for a guess of no scale; `network-too-large` for a
    /// file whose pictures have more than 1024 rows or columns.
    pub fn complete(
        &self,
        guess: InputGuess,
        picture: &ValueInfo<'_>,
    ) -> Result<InputDescription, Error> {
        self.check()?;
        let guessed_order = guess.colours.value;
        let layout = given_or(self.layout, guess.layout);
        let colours = given_or(self.colours, guess.colours);
        let planes = colours.value.planes();
        let [channels, rows, columns] = fixed_axes(picture, layout.value);
        if channels.is_some_and(|channels| channels != planes) {
            let option = match channels {
                Some(1 | 3) => "channels",
                _ => "layout",
            };
            let what = format!("`{option}` contradicts the shape of the input in the file");
            return Err(Error::SettingOutOfRange(what));
        }
        let [guessed_rows, guessed_columns] = guess.size.value.map(|side| guess.size.with(side));
        let rows = one_side("rows", self.rows, rows, guessed_rows)?;
        let columns = one_side("columns", self.columns, columns, guessed_columns)?;

        let mut scale = in_usual_range(&guess.scale.value)?;
        if guessed_order != colours.value {
            // Each colour keeps its own mean.
            scale.mean.reverse();
            scale.std.reverse();
        }
        let range = match (self.range, &self.mean) {
            (Some(range), _) => given(range),
            (None, Some(mean)) => {
                let is_byte = mean.iter().any(|&mean| mean > 2.0);
                let range = if is_byte { 255.0 } else { 1.0 };
                Guess::new(range, GuessSource::Options, "by the mean that is given")
            }
            (None, None) => guess.scale.with(scale.range[1]),
        };
        // Guesses on another scale than the caller's mean nothing.
        let is_guess_on_scale = range.value == scale.range[1];
        let channel_values =
            |name, option: &Option<Vec<f64>>, guessed: &[f64], neutral: f64| match option {
                Some(values) => per_channel(name, values, planes).map(given),
                None if is_guess_on_scale && guessed.len() != planes => {
                    let mean = guessed.iter().sum::<f64>() / guessed.len().max(1) as f64;
                    Ok(guess.scale.with(vec![mean; planes]))
                }
                None if is_guess_on_scale => Ok(guess.scale.with(guessed.to_vec())),
                None => {
                    let values = vec![neutral; planes];
                    let reason = "the range is another one than was guessed";
                    Ok(Guess::new(values, GuessSource::Options, reason))
                }
            };
        Ok(InputDescription {
            rows,
            columns,
            mean: channel_values("mean", &self.mean, &scale.mean, 0.0)?,
            std: channel_values("std", &self.std, &scale.std, 1.0)?,
            range,
            colours,
            layout,
            fit: given_or(self.fit, guess.fit),
        })
    }

    /// # Errors
    /// `setting-out-of-range`, naming the option, for one that no network can have.
    fn check(&self) -> Result<(), Error> {
        let wrong = |what: String| Err(Error::SettingOutOfRange(what));
        for (name, side) in [("rows", self.rows), ("columns", self.columns)] {
            if let Some(side) = side.filter(|side| !(1..=MAX_SIDE).contains(side)) {
                return wrong(format!("`{name}` must be 1 to {MAX_SIDE}, not {side}"));
            }
        }
        if let Some(range) = self.range.filter(|&range| range != 1.0 && range != 255.0) {
            return wrong(format!("`range` must be 1 or 255, not {range}"));
        }
        let numbers = |option: &Option<Vec<f64>>| option.clone().unwrap_or_default();
        if let Some(mean) = numbers(&self.mean).iter().find(|mean| !mean.is_finite()) {
            return wrong(format!("`mean` must be finite, not {mean}"));
        }
        let is_deviation = |std: &f64| *std > 0.0 && std.is_finite();
        if let Some(std) = numbers(&self.std).iter().find(|std| !is_deviation(std)) {
            return wrong(format!("`std` must be above 0, not {std}"));
        }
        match self.fit {
            Some(Fit::CentreCrop(fraction)) if !(0.01..=1.0).contains(&fraction) => {
                wrong(format!("`cropFraction` must be 0.01 to 1, not {fraction}"))
            }
            _ => Ok(()),
        }
    }
}

impl InputDescription {
    /// The same for [`preprocess`](crate::preprocess).
    pub fn spec(&self) -> InputSpec {
        let floats = |values: &[f64]| values.iter().map(|&value| value as f32).collect();
        InputSpec {
            rows: self.rows.value,
            columns: self.columns.value,
            channels: self.colours.value,
            range: self.range.value as f32,
            mean: floats(&self.mean.value),
            std: floats(&self.std.value),
            fit: self.fit.value,
        }
    }
}

fn given<T>(value: T) -> Guess<T> {
    Guess::new(value, GuessSource::Options, "it is given")
}

fn given_or<T>(option: Option<T>, guess: Guess<T>) -> Guess<T> {
    option.map_or(guess, given)
}

/// The channels, rows and columns of an input with four axes, where the file fixes them.
fn fixed_axes(picture: &ValueInfo<'_>, layout: Layout) -> [Option<usize>; 3] {
    let axes = picture.shape.as_deref().unwrap_or_default();
    let length = |axis: usize| match axes.get(axis) {
        Some(&Dimension::Known(length)) => usize::try_from(length).ok().filter(|&side| side > 0),
        _ => None,
    };
    match layout {
        Layout::ChannelsFirst => [1, 2, 3].map(length),
        Layout::ChannelsLast => [3, 1, 2].map(length),
    }
}

/// One side of the input, called `name`.
fn one_side(
    name: &str,
    option: Option<usize>,
    fixed: Option<usize>,
    guess: Guess<usize>,
) -> Result<Guess<usize>, Error> {
    match (option, fixed) {
        (Some(side), Some(fixed)) if side != fixed => Err(Error::SettingOutOfRange(format!(
            "`{name}` must be {fixed}, as the file has it, not {side}"
        ))),
        (Some(side), _) => Ok(given(side)),
        (None, fixed) => {
            let side = fixed.unwrap_or(guess.value);
            if side > MAX_SIDE {
                return Err(Error::NetworkTooLarge(format!(
                    "its pictures have {side} {name}, more than {MAX_SIDE}"
                )));
            }
            Ok(guess.with(side))
        }
    }
}

/// The same scale with a range from 0 to 1 or to 255.
///
/// # Errors
/// `network-corrupt` for a range or a standard deviation that is not positive.
fn in_usual_range(scale: &Scale) -> Result<Scale, Error> {
    let [low, high] = scale.range;
    let width = high - low;
    let is_positive = |value: f64| value > 0.0 && value.is_finite();
    if !is_positive(width) || !scale.std.iter().all(|&std| is_positive(std)) {
        let what = "its input's range or standard deviations are not positive".to_owned();
        return Err(Error::NetworkCorrupt(what));
    }
    let unit = if width == 255.0 { 1.0 } else { width };
    Ok(Scale {
        range: [0.0, width / unit],
        mean: scale.mean.iter().map(|mean| (mean - low) / unit).collect(),
        std: scale.std.iter().map(|std| std / unit).collect(),
    })
}

/// `values` for each channel: their own, or one for all.
fn per_channel(name: &str, values: &[f64], planes: usize) -> Result<Vec<f64>, Error> {
    match values {
        [value] => Ok(vec![*value; planes]),
        _ if values.len() == planes => Ok(values.to_vec()),
        _ => Err(Error::SettingOutOfRange(format!(
            "`{name}` must be {planes} numbers, or one, not {}",
            values.len()
        ))),
    }
}
