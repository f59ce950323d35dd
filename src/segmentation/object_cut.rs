//! A cut that can be corrected.

use std::rc::Rc;

use super::Segmentation;
use super::bounding_box::BoundingBox;
use super::colour_model::{Colour, ColourModel};
use super::components::keep_components;
use super::pixel_graph::{LARGEST_COST, PixelGraph};
use super::refine::refined;
use super::seeds::Seeds;
use super::settings::{CutSettings, SeedUse};
use super::strokes::{Marks, Stroke};
use super::working_picture::WorkingPicture;
use crate::error::Error;
use crate::image_input::Picture;
use crate::progress::Progress;
use crate::saliency::{SaliencyMap, blurred};

/// What a cut starts from.
#[derive(Debug, Clone, Copy)]
pub enum Guide<'a> {
    /// The object is where the map is high. The map may be of any size; it covers the picture edge to edge.
    Saliency(&'a SaliencyMap),
    /// The object is in this box, in photo pixels, and everything outside is background, as in GrabCut. What of it lies outside the
    /// photo does not count.
    Rectangle(BoundingBox),
}

/// A cut, and what it takes to go on from it: each stroke cuts anew, from the last flow.
///
/// The labels follow from colour models and marks alone: a minimum cut does not depend on the way to it. So taking a stroke back gives
/// the very labels from before.
pub struct ObjectCut {
    photo: Rc<Picture>,
    working: WorkingPicture,
    graph: PixelGraph,
    /// What each pixel costs as background and as object apart from its colour, by the guide.
    leanings: Vec<[f32; 2]>,
    strokes: Vec<Stroke>,
    marks: Marks,
    /// Background's and object's, before the first stroke and after each.
    models: Vec<[ColourModel; 2]>,
    labels: Vec<bool>,
    /// One entry for each cut so far.
    rounds: Vec<Round>,
}

/// One cut's outcome.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Round {
    /// Of the labelling, from its definition.
    pub energy: f64,
    /// The maximum flow.
    pub flow: f64,
}

impl ObjectCut {
    /// The cut that the guide leads to. Reports after each of its rounds.
    ///
    /// # Errors
    /// `setting-out-of-range` when a setting or the map is not what its description says, or the rectangle leaves nothing of the photo
    /// inside or outside; `no-object-found` when the map is the same everywhere; `picture-too-large` as [`PixelGraph::new`]; `cancelled`.
    pub async fn new(
        photo: Rc<Picture>,
        guide: Guide<'_>,
        settings: &CutSettings,
        progress: &dyn Progress,
    ) -> Result<Self, Error> {
        settings.check()?;
        let working = WorkingPicture::of(&photo, settings.working_side)?;
        let (width, height) = (working.width, working.height());
        let (sides, leanings) = match guide {
            Guide::Saliency(map) => of_saliency(map, width, height, settings)?,
            Guide::Rectangle(inside) => of_rectangle(inside, &photo, width, height)?,
        };
        let models = sides.map(|side| {
            let colours: Vec<Colour> = side.iter().map(|&number| working.colours[number as usize]).collect();
            ColourModel::fit(&colours, settings.random_seed)
        });
        let graph = PixelGraph::new(&working.colours, width)?;
        let marks = Marks::new([width, height], [photo.width(), photo.height()]);
        let mut cut = Self {
            photo,
            working,
            graph,
            leanings,
            strokes: Vec::new(),
            marks,
            models: vec![models],
            labels: Vec::new(),
            rounds: Vec::new(),
        };
        cut.iterate(settings, progress).await?;
        Ok(cut)
    }

    /// Marks pixels and cuts anew, with colour models that have seen the marks; the stroke stays even where the result is no object.
    ///
    /// # Errors
    /// `setting-out-of-range` as `Marks::paint`; nothing has changed then.
    pub fn stroke(&mut self, stroke: Stroke) -> Result<(), Error> {
        self.marks.paint(&stroke)?;
        self.strokes.push(stroke);
        for (label, mark) in self.labels.iter_mut().zip(&self.marks.decided) {
            *label = mark.unwrap_or(*label);
        }
        self.models.push(self.improved_models());
        self.cut_again();
        Ok(())
    }

    /// Takes the last stroke back; nothing changes where there is none.
    pub fn undo(&mut self) {
        self.take_back(self.strokes.len().saturating_sub(1));
    }

    /// Takes all strokes back.
    pub fn clear(&mut self) {
        self.take_back(0);
    }

    /// The strokes so far.
    pub fn strokes(&self) -> &[Stroke] {
        &self.strokes
    }

    /// The object as it is now, in the photo's frame.
    ///
    /// # Errors
    /// `no-object-found` when everything is object, or nothing.
    pub fn segmentation(&self) -> Result<Segmentation, Error> {
        let nothing = || Error::NoObjectFound("the cheapest cut separates nothing".into());
        let mut labels = self.labels.clone();
        keep_components(&mut labels, self.working.width, |pixel| self.marks.decided[pixel] == Some(true));
        if labels.iter().all(|&label| label) {
            return Err(nothing());
        }
        let (mask, alpha) = refined(&self.photo, &self.working, &labels, &self.marks);
        let (width, height) = (self.photo.width(), self.photo.height());
        let bounding_box = BoundingBox::of(&mask, width as usize).ok_or_else(nothing)?;
        let mask = mask.into_iter().map(|inside| if inside { 255 } else { 0 }).collect();
        let &Round { energy, flow } = self.rounds.last().ok_or_else(nothing)?;
        Ok(Segmentation { width, height, mask, alpha, bounding_box, energy, flow })
    }

    /// The first cut, and each further one with models from the last: the energy never rises, and a cut that changes no label is the last.
    async fn iterate(&mut self, settings: &CutSettings, progress: &dyn Progress) -> Result<(), Error> {
        for round in 0..settings.iterations {
            let models = self.models.clone();
            if round > 0 {
                self.models = vec![self.improved_models()];
            }
            self.set_costs();
            // New models fit the last labels at least as well, unless the sample on which they were estimated misleads them.
            if self.rounds.last().is_some_and(|last| self.graph.energy(&self.labels) > last.energy) {
                self.models = models; // those of the labels, to which strokes that are taken back lead
                break;
            }
            let before = std::mem::take(&mut self.labels);
            self.minimise();
            progress.report(round as usize + 1, settings.rounds()).await?;
            let objects = self.labels.iter().filter(|&&label| label).count();
            if self.labels == before || objects == 0 || objects == self.labels.len() {
                break;
            }
        }
        Ok(())
    }

    fn take_back(&mut self, left: usize) {
        if left == self.strokes.len() {
            return;
        }
        self.strokes.truncate(left);
        self.models.truncate(left + 1);
        self.marks.decided.fill(None);
        for stroke in &self.strokes {
            // It was accepted before.
            let _ = self.marks.paint(stroke);
        }
        self.cut_again();
    }

    fn cut_again(&mut self) {
        self.set_costs();
        self.minimise();
    }

    fn set_costs(&mut self) {
        let Some(models) = self.models.last() else { return };
        let [background, object] = models.each_ref().map(|model| model.costs(&self.working.colours));
        let by_colour = background.into_iter().zip(object).zip(&self.leanings);
        self.graph.set_costs(by_colour.zip(&self.marks.decided).map(|(((background, object), leaning), mark)| match mark {
            None => [background + leaning[0], object + leaning[1]],
            Some(true) => [LARGEST_COST, 0.0],
            Some(false) => [0.0, LARGEST_COST],
        }));
    }

    fn minimise(&mut self) {
        let (labels, flow) = self.graph.minimum();
        self.rounds.push(Round { energy: self.graph.energy(&labels), flow });
        self.labels = labels;
    }

    /// The newest models moved towards the colours of both sides of the present labels.
    fn improved_models(&self) -> [ColourModel; 2] {
        let colours = |object: bool| -> Vec<Colour> {
            let pixels = self.working.colours.iter().zip(&self.labels);
            pixels.filter(|&(_, &label)| label == object).map(|(&colour, _)| colour).collect()
        };
        let [background, object] = &self.models[self.models.len() - 1];
        [background.refit(&colours(false)), object.refit(&colours(true))]
    }
}

/// The pixels from which background and object models are estimated, and what each pixel costs besides.
type Start = ([Vec<u32>; 2], Vec<[f32; 2]>);

fn of_saliency(map: &SaliencyMap, width: usize, height: usize, settings: &CutSettings) -> Result<Start, Error> {
    let valid = map.rows.checked_mul(map.columns) == Some(map.values.len())
        && !map.values.is_empty()
        && map.values.iter().all(|value| value.is_finite() && *value >= 0.0);
    if !valid {
        return Err(Error::SettingOutOfRange("the saliency map must have rows x columns finite values of at least 0".into()));
    }
    let map = blurred(&map.sampled(width, height), width, settings.blur * width.max(height) as f64);
    let seeds = Seeds::from_map(&map, settings.foreground_quantile, settings.background_quantile)?;

    let weight = settings.saliency_weight as f32;
    let span = seeds.upper - seeds.lower;
    let mut leanings: Vec<[f32; 2]> = map
        .iter()
        .map(|value| {
            let salience = if span > 0.0 { ((value - seeds.lower) / span).clamp(0.0, 1.0) } else { 0.5 };
            [weight * salience, weight * (1.0 - salience)]
        })
        .collect();
    if settings.seeds == SeedUse::Hard {
        for (numbers, other_label) in [(&seeds.foreground, 0), (&seeds.background, 1)] {
            for &number in numbers {
                leanings[number as usize][other_label] = LARGEST_COST;
            }
        }
    }
    Ok(([seeds.background, seeds.foreground], leanings))
}

fn of_rectangle(rectangle: BoundingBox, photo: &Picture, width: usize, height: usize) -> Result<Start, Error> {
    // A pixel of the working picture is inside when its centre is.
    let span = |start: u32, length: u32, photo: u32, working: usize| {
        let scale = working as f64 / f64::from(photo);
        let place = |position: u64| ((position.min(photo.into()) as f64 * scale - 0.5).ceil().max(0.0) as usize).min(working);
        place(start.into())..place(u64::from(start) + u64::from(length))
    };
    let columns = span(rectangle.x, rectangle.width, photo.width(), width);
    let rows = span(rectangle.y, rectangle.height, photo.height(), height);
    let mut sides: [Vec<u32>; 2] = Default::default();
    let mut leanings = Vec::with_capacity(width * height);
    for y in 0..height {
        for x in 0..width {
            let inside = rows.contains(&y) && columns.contains(&x);
            sides[usize::from(inside)].push((y * width + x) as u32);
            leanings.push([0.0, if inside { 0.0 } else { LARGEST_COST }]);
        }
    }
    if sides.iter().any(Vec::is_empty) {
        return Err(Error::SettingOutOfRange("the rectangle must leave some of the photo inside and some outside".into()));
    }
    Ok((sides, leanings))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use pollster::block_on;

    use super::super::test_pictures::{disc, iou};
    use super::*;
    use crate::progress::Unwatched;

    fn cut(picture: &Picture, guide: Guide<'_>, settings: &CutSettings) -> Result<ObjectCut, Error> {
        block_on(ObjectCut::new(Rc::new(picture.clone()), guide, settings, &Unwatched))
    }

    #[test]
    fn the_energy_never_rises_from_cut_to_cut() {
        let (picture, map, _) = disc(120, 90);
        for seeds in [SeedUse::Soft, SeedUse::Hard] {
            for random_seed in 0..8 {
                let settings = CutSettings { iterations: 8, seeds, random_seed, ..CutSettings::paper() };
                let ObjectCut { rounds, .. } = cut(&picture, Guide::Saliency(&map), &settings).unwrap();
                assert!(rounds.len() > 1);
                for pair in rounds.windows(2) {
                    assert!(pair[1].energy <= pair[0].energy, "{rounds:?}");
                }
            }
        }
    }

    #[test]
    fn every_flow_is_the_energy_of_its_labels() {
        let (picture, map, _) = disc(120, 90);
        let mut cut = cut(&picture, Guide::Saliency(&map), &CutSettings { iterations: 4, ..CutSettings::best() }).unwrap();
        cut.stroke(Stroke { points: vec![[20.0, 20.0], [40.0, 60.0]], radius: 9.0, object: true }).unwrap();
        cut.undo();
        assert!(cut.rounds.len() >= 3);
        assert!(cut.rounds.iter().all(|round| round.energy == round.flow), "{:?}", cut.rounds);
    }

    #[test]
    fn the_cut_stops_when_no_label_changes() {
        let (picture, map, _) = disc(60, 40);
        let settings = CutSettings { iterations: 100, ..CutSettings::paper() };
        let rounds = cut(&picture, Guide::Saliency(&map), &settings).unwrap().rounds.len();
        assert!(rounds < 50, "{rounds} rounds");
    }

    #[test]
    fn hard_seeds_keep_their_labels() {
        let (picture, map, _) = disc(120, 90);
        // So many seeds that some contradict their colours.
        let settings =
            CutSettings { seeds: SeedUse::Hard, foreground_quantile: 0.5, background_quantile: 0.4, ..CutSettings::paper() };
        let seeds = Seeds::from_map(&map.sampled(120, 90), 0.5, 0.4).unwrap();
        let hard = cut(&picture, Guide::Saliency(&map), &settings).unwrap().labels;
        assert!(seeds.foreground.iter().all(|&number| hard[number as usize]));
        assert!(seeds.background.iter().all(|&number| !hard[number as usize]));
        let soft = cut(&picture, Guide::Saliency(&map), &CutSettings { seeds: SeedUse::Soft, ..settings }).unwrap().labels;
        assert_ne!(soft, hard);
    }

    #[test]
    fn a_rectangle_around_the_disc_finds_it() {
        for (width, height) in [(240, 160), (1200, 800)] {
            let (picture, _, truth) = disc(width, height);
            let rectangle = BoundingBox { x: width * 3 / 10, y: height / 20, width: width / 2, height: height * 4 / 5 };
            let found = cut(&picture, Guide::Rectangle(rectangle), &CutSettings::rectangle()).unwrap().segmentation().unwrap();
            let iou = iou(&found.mask, &truth);
            assert!(iou > 0.95, "{iou} at {width} x {height}");
            let inside = |x: u32, y: u32| {
                (rectangle.x..rectangle.x + rectangle.width).contains(&x)
                    && (rectangle.y..rectangle.y + rectangle.height).contains(&y)
            };
            let mut pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).zip(&found.mask);
            assert!(pixels.all(|((x, y), &value)| value == 0 || inside(x, y)), "something outside of the rectangle");
        }
    }

    #[test]
    fn rectangles_without_an_inside_or_an_outside_are_refused() {
        let (picture, _, _) = disc(40, 30);
        for (x, y, width, height) in
            [(0, 0, 40, 30), (0, 0, u32::MAX, u32::MAX), (5, 5, 0, 9), (40, 0, 10, 10), (u32::MAX, 3, u32::MAX, 3)]
        {
            let guide = Guide::Rectangle(BoundingBox { x, y, width, height });
            let refused = cut(&picture, guide, &CutSettings::rectangle()).err().map(|error| error.code());
            assert_eq!(refused, Some("setting-out-of-range"), "{guide:?}");
        }
    }

    #[test]
    fn strokes_are_kept_and_taken_back_exactly() {
        let (picture, map, _) = disc(240, 160);
        let mut cut = cut(&picture, Guide::Saliency(&map), &CutSettings::best()).unwrap();
        let mut history = vec![cut.segmentation().unwrap()];
        let strokes = [
            Stroke { points: vec![[20.0, 20.0], [60.0, 24.0]], radius: 6.0, object: true },
            Stroke { points: vec![[132.0, 72.0]], radius: 8.0, object: false },
            Stroke { points: vec![[200.0, 140.0], [220.0, 150.0], [230.0, 100.0]], radius: 4.0, object: true },
        ];
        for stroke in &strokes {
            cut.stroke(stroke.clone()).unwrap();
            let now = cut.segmentation().unwrap();
            let mut marks = Marks::new([240, 160], [240, 160]);
            marks.paint(stroke).unwrap();
            for (mark, &value) in marks.decided.iter().zip(&now.mask) {
                assert!(mark.is_none_or(|object| object == (value == 255)), "{stroke:?}");
            }
            assert_ne!(Some(&now), history.last());
            history.push(now);
        }
        assert_eq!(cut.strokes(), strokes);
        for before in history.iter().rev().skip(1) {
            cut.undo();
            assert_eq!(cut.segmentation().as_ref(), Ok(before));
        }
        cut.undo();
        for stroke in strokes {
            cut.stroke(stroke).unwrap();
        }
        assert_eq!(cut.segmentation().as_ref(), Ok(&history[3]));
        cut.clear();
        assert_eq!(cut.segmentation().as_ref(), Ok(&history[0]));
    }

    #[test]
    fn a_stroke_that_is_refused_changes_nothing() {
        let (picture, map, _) = disc(60, 40);
        let mut cut = cut(&picture, Guide::Saliency(&map), &CutSettings::best()).unwrap();
        let before = cut.segmentation();
        let refused = cut.stroke(Stroke { points: vec![], radius: 1.0, object: true });
        assert_eq!(refused.unwrap_err().code(), "setting-out-of-range");
        assert_eq!((cut.strokes().len(), cut.segmentation()), (0, before));
    }

    #[test]
    fn a_stroke_finds_an_object_where_the_map_found_none() {
        let (picture, map, truth) = disc(120, 90);
        // A map that is highest where the ground is.
        let upside_down = SaliencyMap { values: map.values.iter().map(|value| 2.0 - value).collect(), ..map };
        let mut cut = cut(&picture, Guide::Saliency(&upside_down), &CutSettings::paper()).unwrap();
        cut.stroke(Stroke { points: vec![[8.0, 8.0], [112.0, 8.0], [112.0, 82.0], [8.0, 82.0]], radius: 6.0, object: false })
            .unwrap();
        cut.stroke(Stroke { points: vec![[60.0, 40.0], [72.0, 44.0]], radius: 8.0, object: true }).unwrap();
        let iou = iou(&cut.segmentation().unwrap().mask, &truth);
        assert!(iou > 0.9, "{iou}");
    }
}
