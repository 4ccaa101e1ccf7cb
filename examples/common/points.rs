//! Points in the plane.

use std::path::Path;

use super::{Result, Table};

/// The radius of the Earth, in km.
const RADIUS: f64 = 6371.0;

/// Points in the plane, around 0: near it, `f32` is finest.
#[derive(Debug)]
pub(crate) struct Points {
    /// The points.
    pub(crate) xy: Vec<[f32; 2]>,
    /// What they are measured in: " km", or nothing.
    pub(crate) unit: &'static str,
    /// The columns of the table they come from.
    pub(crate) columns: [usize; 2],
}

impl Points {
    /// Reads the points of a file.
    pub(crate) fn read(path: &Path) -> Result<Points> {
        Ok(Points::from_table(&Table::read(path)?))
    }

    /// The columns `longitude` and `latitude`, mapped to the plane in km so that areas stay as they are (Lambert's
    /// azimuthal projection); without these names, the first two columns.
    pub(crate) fn from_table(table: &Table) -> Points {
        let lon = table.named(&["longitude", "lon", "lng", "long"]);
        let lat = table.named(&["latitude", "lat"]);
        let columns = lon.zip(lat).map_or([0, 1], |(lon, lat)| [lon, lat]);
        let xy = table.column(columns[0]).zip(table.column(columns[1]));
        let middle = |k: usize| {
            let (min, max) =
                table.column(columns[k]).fold((f64::INFINITY, -f64::INFINITY), |(a, b), v| (a.min(v), b.max(v)));
            min / 2.0 + max / 2.0
        };
        let (x0, y0) = (middle(0), middle(1));
        if lon.and(lat).is_none() {
            let xy = xy.map(|(x, y)| [(x - x0) as f32, (y - y0) as f32]).collect();
            return Points { xy, unit: "", columns };
        }
        let (sin0, cos0) = y0.to_radians().sin_cos();
        let project = |(lon, lat): (f64, f64)| {
            let ((sin, cos), (sin_lon, cos_lon)) = (lat.to_radians().sin_cos(), (lon - x0).to_radians().sin_cos());
            let scale = RADIUS * (2.0 / (1.0 + sin0 * sin + cos0 * cos * cos_lon)).sqrt();
            [(scale * cos * sin_lon) as f32, (scale * (cos0 * sin - sin0 * cos * cos_lon)) as f32]
        };
        Points { xy: xy.map(project).collect(), unit: " km", columns }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.xy.len()
    }

    /// The distance from the mean, as the root of its mean square.
    pub(crate) fn spread(&self) -> f64 {
        let mean = |f: &dyn Fn(&[f32; 2]) -> f64| self.xy.iter().map(f).sum::<f64>() / self.len() as f64;
        let variance = |k: usize| mean(&|p| f64::from(p[k]).powi(2)) - mean(&|p| f64::from(p[k])).powi(2);
        (variance(0) + variance(1)).max(0.0).sqrt()
    }
}
