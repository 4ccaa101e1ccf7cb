//! Points in the plane.

use std::path::Path;

use super::{Result, Table};

/// The radius of the Earth, in km.
const RADIUS: f64 = 6371.0;

/// A number for every point.
#[derive(Debug)]
pub(crate) struct Values {
    /// What it is.
    pub(crate) name: String,
    /// The numbers.
    pub(crate) all: Vec<f64>,
}

/// Points in the plane, around 0: near it, `f32` is finest.
#[derive(Debug)]
pub(crate) struct Points {
    /// The points.
    pub(crate) xy: Vec<[f32; 2]>,
    /// What they are measured in: " km", or nothing.
    pub(crate) unit: &'static str,
    /// A value at every point: the first column that is left.
    pub(crate) values: Option<Values>,
}

impl Points {
    /// Reads the points of a file.
    pub(crate) fn read(path: &Path) -> Result<Points> {
        let points = Points::of(&Table::read(path)?);
        // that the squares of differences are numbers of f32
        let values = points.values.iter().flat_map(|values| &values.all);
        if points.xy.as_flattened().iter().map(|&v| f64::from(v)).chain(values.copied()).all(|v| v.abs() < 1e18) {
            Ok(points)
        } else {
            Err(format!("{}: the numbers are too large for f32", path.display()).into())
        }
    }

    /// The columns `longitude` and `latitude`, mapped to the plane in km so that areas stay as they are (Lambert's
    /// azimuthal projection); without these names, the first two columns.
    fn of(table: &Table) -> Points {
        let named = table.named(&["longitude", "lon", "lng"]).zip(table.named(&["latitude", "lat"]));
        let columns = named.map_or([0, 1], <[usize; 2]>::from);
        let values = (0..table.width())
            .find(|k| !columns.contains(k))
            .map(|k| Values { name: table.name(k), all: table.column(k).collect() });
        let xy = || table.column(columns[0]).zip(table.column(columns[1]));
        let ends = |k: usize| table.column(columns[k]).fold((f64::MAX, f64::MIN), |(a, b), v| (a.min(v), b.max(v)));
        let [x0, y0] = [ends(0), ends(1)].map(|(a, b)| a / 2.0 + b / 2.0);
        if named.is_none() {
            let xy = xy().map(|(x, y)| [(x - x0) as f32, (y - y0) as f32]).collect();
            return Points { xy, unit: "", values };
        }
        let (sin0, cos0) = y0.to_radians().sin_cos();
        let project = |(lon, lat): (f64, f64)| {
            let ((sin, cos), (sin_lon, cos_lon)) = (lat.to_radians().sin_cos(), (lon - x0).to_radians().sin_cos());
            let scale = RADIUS * (2.0 / (1.0 + sin0 * sin + cos0 * cos * cos_lon)).sqrt();
            [(scale * cos * sin_lon) as f32, (scale * (cos0 * sin - sin0 * cos * cos_lon)) as f32]
        };
        Points { xy: xy().map(project).collect(), unit: " km", values }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.xy.len()
    }

    /// A bandwidth to start with: a quarter of what Scott's rule gives, which is made for points in a single heap.
    pub(crate) fn bandwidth(&self) -> f32 {
        let mean = |f: &dyn Fn(&[f32; 2]) -> f64| self.xy.iter().map(f).sum::<f64>() / self.len() as f64;
        let variance = |k: usize| mean(&|p| f64::from(p[k]).powi(2)) - mean(&|p| f64::from(p[k])).powi(2);
        let deviation = ((variance(0) + variance(1)) / 2.0).max(0.0).sqrt();
        (deviation * (self.len() as f64).powf(-1.0 / 6.0) / 4.0) as f32
    }
}
