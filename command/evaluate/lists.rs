//! Lists of pictures with true boxes, in the formats of ILSVRC.
//!
//! - A folder of ILSVRC's XML files (those of PASCAL VOC): NAME.xml for each picture, below
//!   `Annotations/CLS-LOC`, with the boxes of one class as wnid. The file of all wnids in the order
//!   of the classes is ILSVRC's `LOC_synset_mapping.txt`.
//! - The text files of wsolevaluation (Choe et al. 2020, arXiv 2001.07437): `localization.txt` with
//!   a line `PATH,x0,y0,x1,y1` for each box, and `class_labels.txt` beside it with `PATH,CLASS`.
//!
//! The corners of boxes are pixels, and both are inside.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Task;
use crate::{Outcome, read};

/// A box: left, top, right, bottom, where the last two are outside.
pub type Corners = [f64; 4];

/// A picture with its class and its true boxes.
#[derive(Debug, PartialEq)]
pub struct Boxed {
    pub photo: PathBuf,
    pub class: usize,
    pub boxes: Vec<Corners>,
}

/// The pictures that `list` names, with paths relative to `pictures`.
pub fn read_list(
    list: &Path,
    pictures: &Path,
    synsets: Option<&Path>,
) -> Outcome<Vec<Task<Boxed>>> {
    let tasks = match (list.is_dir(), synsets) {
        (true, Some(synsets)) => xml_folder(list, pictures, &wnids(&text(synsets)?))?,
        (true, None) => return Err("a folder of XML files needs --synsets".into()),
        (false, _) => {
            let labels = list.with_file_name("class_labels.txt");
            comma_separated(&text(list)?, &text(&labels)?, pictures)?
        }
    };
    match tasks.is_empty() {
        true => Err(format!("{} names no pictures", list.display()).into()),
        false => Ok(tasks),
    }
}

fn text(path: &Path) -> Outcome<String> {
    Ok(String::from_utf8(read(path)?)?)
}

/// The classes by their wnids, each the first word of its line.
fn wnids(text: &str) -> BTreeMap<String, usize> {
    let words = text
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    words.map(str::to_owned).zip(0..).collect()
}

fn xml_folder(
    folder: &Path,
    pictures: &Path,
    wnids: &BTreeMap<String, usize>,
) -> Outcome<Vec<Task<Boxed>>> {
    let mut tasks = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            tasks.extend(xml_folder(&path, pictures, wnids)?);
        } else if path.extension().is_some_and(|extension| extension == "xml") {
            let name = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let (class, boxes) = annotation(&text(&path)?, wnids)
                .map_err(|error| format!("{}: {error}", path.display()))?;
            // Pictures of the training set are in folders of their own.
            let flat = pictures.join(&name).with_extension("JPEG");
            let wnid = name.split('_').next().unwrap_or_default();
            let nested = pictures.join(wnid).join(&name).with_extension("JPEG");
            let photo = if nested.exists() { nested } else { flat };
            tasks.push(Task {
                name,
                details: Boxed {
                    photo,
                    class,
                    boxes,
                },
            });
        }
    }
    tasks.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(tasks)
}

/// Class and boxes of an XML file. A picture of ILSVRC's localisation has objects of one class.
fn annotation(text: &str, wnids: &BTreeMap<String, usize>) -> Outcome<(usize, Vec<Corners>)> {
    let mut class = None;
    let mut boxes = Vec::new();
    for object in text.split("<object>").skip(1) {
        let wnid = element(object, "name")?;
        let found = *wnids.get(wnid).ok_or_else(|| format!("no synset {wnid}"))?;
        if *class.get_or_insert(found) != found {
            return Err("objects of several classes".into());
        }
        let side = |name: &str| -> Outcome<f64> { Ok(element(object, name)?.parse()?) };
        boxes.push([
            side("xmin")?,
            side("ymin")?,
            side("xmax")? + 1.0,
            side("ymax")? + 1.0,
        ]);
    }
    let class = class.ok_or("no object")?;
    Ok((class, boxes))
}

/// The text of the first element `name`.
fn element<'a>(text: &'a str, name: &str) -> Outcome<&'a str> {
    let start = text.split_once(&format!("<{name}>"));
    let content = start.and_then(|(_, rest)| rest.split_once(&format!("</{name}>")));
    match content {
        Some((content, _)) => Ok(content.trim()),
        None => Err(format!("no {name}").into()),
    }
}

fn comma_separated(boxes: &str, labels: &str, pictures: &Path) -> Outcome<Vec<Task<Boxed>>> {
    let mut tasks: Vec<Task<Boxed>> = Vec::new();
    let mut index = BTreeMap::new();
    for line in labels.lines().filter(|line| !line.trim().is_empty()) {
        let parsed = line
            .rsplit_once(',')
            .and_then(|(name, class)| Some((name, class.trim().parse().ok()?)));
        let (name, class) = parsed.ok_or_else(|| format!("no PATH,CLASS: {line}"))?;
        index.insert(name.to_owned(), tasks.len());
        tasks.push(Task {
            name: name.to_owned(),
            details: Boxed {
                photo: pictures.join(name),
                class,
                boxes: Vec::new(),
            },
        });
    }
    for line in boxes.lines().filter(|line| !line.trim().is_empty()) {
        let fields: Vec<&str> = line.rsplitn(5, ',').collect();
        let numbers: Vec<f64> = fields
            .iter()
            .take(4)
            .filter_map(|field| field.trim().parse().ok())
            .collect();
        let (&[bottom, right, top, left], Some(name)) = (&numbers[..], fields.get(4)) else {
            return Err(format!("no PATH,x0,y0,x1,y1: {line}").into());
        };
        let place = index
            .get(*name)
            .ok_or_else(|| format!("no class for {name}"))?;
        tasks[*place]
            .details
            .boxes
            .push([left, top, right + 1.0, bottom + 1.0]);
    }
    match tasks.iter().find(|task| task.details.boxes.is_empty()) {
        Some(task) => Err(format!("no box for {}", task.name).into()),
        None => Ok(tasks),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_annotation_of_ilsvrc_has_a_class_and_boxes() {
        let wnids = wnids("n01440764 tench, Tinca tinca\nn01443537 goldfish, Carassius auratus\n");
        let object = "<object>\n<name>n01443537</name><bndbox><xmin>111</xmin><ymin>1</ymin>\
                      <xmax>199</xmax><ymax>80</ymax></bndbox></object>";
        let text =
            format!("<annotation><size><width>500</width></size>{object}{object}</annotation>");
        let corners = [111.0, 1.0, 200.0, 81.0];
        assert_eq!(annotation(&text, &wnids).ok(), Some((1, vec![corners; 2])));
        assert!(annotation("<annotation></annotation>", &wnids).is_err());
        assert!(annotation(&object.replace("n01443537", "n0"), &wnids).is_err());
        assert!(annotation(&object.replace("ymax", "y"), &wnids).is_err());
    }

    #[test]
    fn wsolevaluations_lists_are_joined_by_path() {
        let labels = "val/a.JPEG,65\nval/b,c.JPEG,970\n";
        let boxes = "val/b,c.JPEG,0,14,216,299\nval/a.JPEG,1,2,3,4\nval/a.JPEG,5,6,7,8\n";
        let tasks = comma_separated(boxes, labels, Path::new("p")).ok();
        let found: Vec<Boxed> = tasks
            .into_iter()
            .flatten()
            .map(|task| task.details)
            .collect();
        let boxed = |photo: &str, class, boxes| Boxed {
            photo: Path::new("p").join(photo),
            class,
            boxes,
        };
        assert_eq!(
            found,
            [
                boxed(
                    "val/a.JPEG",
                    65,
                    vec![[1.0, 2.0, 4.0, 5.0], [5.0, 6.0, 8.0, 9.0]]
                ),
                boxed("val/b,c.JPEG", 970, vec![[0.0, 14.0, 217.0, 300.0]]),
            ]
        );
        for (boxes, labels) in [
            ("a,1,2,3", "a,1"),
            ("a,1,2,3,4", "b,1"),
            ("", "a,1"),
            ("", "a,x"),
        ] {
            assert!(comma_separated(boxes, labels, Path::new("p")).is_err());
        }
    }
}
