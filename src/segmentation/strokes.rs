//! Scribbles: the strokes that mark pixels of the photo as object or background.

use crate::error::Error;

/// A polyline of a round brush.
#[derive(Debug, Clone, PartialEq)]
pub struct Stroke {
    /// The vertices, column and row in photo pixels; a single point is a dot. Points outside the
    /// photo are allowed.
    pub points: Vec<[f32; 2]>,
    /// The brush's radius in photo pixels.
    pub radius: f32,
    /// Whether the pixels are marked as object, or else as background.
    pub object: bool,
}

/// The pixels of the working picture that strokes have marked.
#[derive(Debug, Clone, PartialEq)]
pub struct Scribbles {
    /// By pixel, row-major: object (true), background (false), or unmarked.
    pub scribbled: Vec<Option<bool>>,
    width: usize,
    /// Working pixels per photo pixel, along columns and along rows.
    scale: [f32; 2],
}

impl Scribbles {
    /// No scribbles, on a working picture of `width` x `height` pixels for a photo of `photo`
    /// columns and rows.
    pub fn new([width, height]: [usize; 2], photo: [u32; 2]) -> Self {
        let scale = [
            width as f32 / photo[0] as f32,
            height as f32 / photo[1] as f32,
        ];
        Self {
            scribbled: vec![None; width * height],
            width,
            scale,
        }
    }

    /// Marks every pixel whose centre is within the radius of the polyline; later strokes overwrite
    /// earlier ones. The radius is at least half a working pixel's diagonal, so that every stroke
    /// on the photo marks a pixel.
    ///
    /// # Errors
    /// `setting-out-of-range` when there is no point, a number is not finite, the radius is not
    /// above 0, or the stroke lies outside the photo. The scribbles are then unchanged.
    pub fn paint(&mut self, stroke: &Stroke) -> Result<(), Error> {
        let finite = stroke
            .points
            .iter()
            .flatten()
            .all(|value| value.is_finite())
            && stroke.radius.is_finite();
        if stroke.points.is_empty() || !finite || stroke.radius <= 0.0 {
            return Err(Error::SettingOutOfRange(
                "a stroke needs finite points, at least one, and a radius above 0".into(),
            ));
        }
        let [across, down] = self.scale;
        // With half a pixel's diagonal, no stroke passes between the centres.
        let radius = (stroke.radius * (across * down).sqrt()).max(std::f32::consts::FRAC_1_SQRT_2);
        let vertices: Vec<[f32; 2]> = stroke
            .points
            .iter()
            .map(|&[x, y]| [x * across - 0.5, y * down - 0.5])
            .collect();
        let last = vertices[vertices.len() - 1];
        let mut painted = false;
        for (&from, &to) in vertices.iter().zip(vertices[1..].iter().chain([&last])) {
            painted |= self.paint_line(from, to, radius, stroke.object);
        }
        if painted {
            Ok(())
        } else {
            Err(Error::SettingOutOfRange(
                "the stroke lies outside the photo".into(),
            ))
        }
    }

    /// Marks the pixels of one line segment. Returns whether there are any.
    fn paint_line(&mut self, from: [f32; 2], to: [f32; 2], radius: f32, object: bool) -> bool {
        let mut painted = false;
        // The casts saturate: a range far outside the picture is empty.
        let reach = |axis: usize, length: usize| {
            let first = (from[axis].min(to[axis]) - radius).ceil().max(0.0) as usize;
            let end = (from[axis].max(to[axis]) + radius).floor() + 1.0;
            first..(end.max(0.0) as usize).min(length)
        };
        let along = [to[0] - from[0], to[1] - from[1]];
        let length = along[0] * along[0] + along[1] * along[1];
        for y in reach(1, self.scribbled.len() / self.width) {
            for x in reach(0, self.width) {
                let [dx, dy] = [x as f32 - from[0], y as f32 - from[1]];
                let nearest = if length > 0.0 {
                    ((dx * along[0] + dy * along[1]) / length).clamp(0.0, 1.0)
                } else {
                    0.0
                };
                if (dx - nearest * along[0]).hypot(dy - nearest * along[1]) <= radius {
                    self.scribbled[y * self.width + x] = Some(object);
                    painted = true;
                }
            }
        }
        painted
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    fn picture(scribbles: &Scribbles) -> Vec<String> {
        let sign = |scribbled: &Option<bool>| match scribbled {
            Some(true) => '+',
            Some(false) => '-',
            None => '.',
        };
        scribbles
            .scribbled
            .chunks(scribbles.width)
            .map(|row| row.iter().map(sign).collect())
            .collect()
    }

    #[test]
    fn later_strokes_overwrite_earlier_ones() {
        let mut scribbles = Scribbles::new([7, 5], [7, 5]);
        scribbles
            .paint(&Stroke {
                points: vec![[0.0, 2.5], [7.0, 2.5]],
                radius: 1.0,
                object: true,
            })
            .unwrap();
        scribbles
            .paint(&Stroke {
                points: vec![[5.5, -3.0], [5.5, 9.0]],
                radius: 0.6,
                object: false,
            })
            .unwrap();
        assert_eq!(
            picture(&scribbles),
            [".....-.", "+++++-+", "+++++-+", "+++++-+", ".....-."]
        );
    }

    #[test]
    fn strokes_are_in_photo_pixels() {
        let mut scribbles = Scribbles::new([7, 5], [700, 500]);
        scribbles
            .paint(&Stroke {
                points: vec![[350.0, 250.0]],
                radius: 100.0,
                object: true,
            })
            .unwrap();
        assert_eq!(
            picture(&scribbles),
            [".......", "...+...", "..+++..", "...+...", "......."]
        );
        // A stroke finer than a working pixel still marks one.
        let mut fine = Scribbles::new([7, 5], [700, 500]);
        fine.paint(&Stroke {
            points: vec![[699.0, 1.0]],
            radius: 0.1,
            object: false,
        })
        .unwrap();
        assert_eq!(picture(&fine)[0], "......-");
    }

    #[test]
    fn invalid_strokes_and_strokes_outside_the_photo_are_refused() {
        let mut scribbles = Scribbles::new([4, 4], [4, 4]);
        for (points, radius) in [
            (vec![], 1.0),
            (vec![[f32::NAN, 1.0]], 1.0),
            (vec![[1.0, 1.0]], 0.0),
            (vec![[1.0, 1.0]], f32::INFINITY),
        ] {
            let refused = scribbles
                .paint(&Stroke {
                    points,
                    radius,
                    object: true,
                })
                .unwrap_err();
            assert_eq!(refused.code(), "setting-out-of-range");
        }
        for far in [-1.6, 5.6, -1e30, 1e30, f32::MAX] {
            let refused = scribbles
                .paint(&Stroke {
                    points: vec![[far, 2.0]],
                    radius: 1.0,
                    object: true,
                })
                .unwrap_err();
            assert_eq!(refused.code(), "setting-out-of-range", "{far}");
        }
        assert!(scribbles.scribbled.iter().all(Option::is_none));
        // From outside to outside, across the photo.
        scribbles
            .paint(&Stroke {
                points: vec![[-9.0, 2.5], [1e6, 2.5]],
                radius: 0.5,
                object: true,
            })
            .unwrap();
        assert_eq!(picture(&scribbles), ["....", "....", "++++", "...."]);
    }
}
