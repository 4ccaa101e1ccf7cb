//! `glam`: vectors are points. `Vec3A`, which is padded, is none: its padding is no number.

use glam::{DVec2, DVec3, DVec4, Vec2, Vec3, Vec4};

use crate::{Element, Error, View};

macro_rules! vectors {
    ($($vector:ty: $number:ty, $dimension:literal;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl Element<[$number; $dimension]> for $vector {
            fn view(vectors: &[Self]) -> Result<View<'_, $number>, Error> {
                Ok(super::dense(vectors))
            }
        }
    )*};
}
vectors! {
    Vec2: f32, 2;
    Vec3: f32, 3;
    Vec4: f32, 4;
    DVec2: f64, 2;
    DVec3: f64, 3;
    DVec4: f64, 4;
}
