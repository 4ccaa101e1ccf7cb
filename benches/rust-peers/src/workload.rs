//! What the race asks for.

use std::str::FromStr;

use ndarray::{Array2, NdFloat};

use crate::Result;

/// What is computed; its operands follow as bytes.
pub struct Workload {
    pub quantity: String,
    pub kernel: String,
    pub double: bool,
    pub rows: usize,
    pub cols: usize,
    pub dim: usize,
    pub signals: usize,
    pub g: f64,
}

/// Points of the rows and of the columns, and the numbers of the columns and of the rows: each row of an array is one of them.
pub struct Operands<T> {
    pub x: Array2<T>,
    pub y: Array2<T>,
    pub b: Array2<T>,
    pub e: Array2<T>,
}

/// A number type.
pub trait Number: NdFloat + Into<f64> {
    fn from_ne_bytes(bytes: &[u8]) -> Self;

    /// The nearest to this one.
    fn of(v: f64) -> Self {
        Self::from(v).unwrap_or_else(Self::nan)
    }
}

impl Number for f32 {
    fn from_ne_bytes(bytes: &[u8]) -> Self {
        bytes.try_into().map_or(f32::NAN, f32::from_ne_bytes)
    }
}

impl Number for f64 {
    fn from_ne_bytes(bytes: &[u8]) -> Self {
        bytes.try_into().map_or(f64::NAN, f64::from_ne_bytes)
    }
}

impl FromStr for Workload {
    type Err = Box<dyn std::error::Error>;

    fn from_str(words: &str) -> Result<Self> {
        let words: Vec<_> = words.split(' ').collect();
        let [quantity, kernel, kind, rows, cols, dim, signals, g] = words[..] else {
            return Err("not understood".into());
        };
        Ok(Workload {
            quantity: quantity.to_owned(),
            kernel: kernel.to_owned(),
            double: kind == "f64",
            rows: rows.parse()?,
            cols: cols.parse()?,
            dim: dim.parse()?,
            signals: signals.parse()?,
            g: g.parse()?,
        })
    }
}

impl<T> Operands<T> {
    pub fn new(w: &Workload, x: Vec<T>, y: Vec<T>, b: Vec<T>, e: Vec<T>) -> Result<Self> {
        Ok(Operands {
            x: Array2::from_shape_vec((w.rows, w.dim), x)?,
            y: Array2::from_shape_vec((w.cols, w.dim), y)?,
            b: Array2::from_shape_vec((w.cols, w.signals), b)?,
            e: Array2::from_shape_vec((w.rows, 1), e)?,
        })
    }
}
