// Made by `KEOPS_BLESS=1 cargo test -p keops-formula --test random`. Do not edit.

reduction! { sum_j_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { sum_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { sum_i_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { sum_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { sum_j_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { sum_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { sum_i_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { sum_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { sum_j_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { sum_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { sum_i_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { sum_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { sum_j_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { sum_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { sum_i_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { sum_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { prod_j_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { prod_j(if !(dot(x_i, y_j) < p) { if x_i * y_j == 4 { 0 } else { 1 + x_i * y_j / 16 } }) } }
reduction! { prod_i_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { prod_i(if !(dot(x_i, y_j) < p) { if x_i * y_j == 4 { 0 } else { 1 + x_i * y_j / 16 } }) } }
reduction! { prod_j_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { prod_j(if !(dot(x_i, y_j) < p) { if x_i * y_j == 4 { 0 } else { 1 + x_i * y_j / 16 } }) } }
reduction! { prod_i_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { prod_i(if !(dot(x_i, y_j) < p) { if x_i * y_j == 4 { 0 } else { 1 + x_i * y_j / 16 } }) } }
reduction! { prod_j_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { prod_j(if !(dot(x_i, y_j) < p) { if x_i * y_j == 4 { 0 } else { 1 + x_i * y_j / 16 } }) } }
reduction! { prod_i_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { prod_i(if !(dot(x_i, y_j) < p) { if x_i * y_j == 4 { 0 } else { 1 + x_i * y_j / 16 } }) } }
reduction! { prod_j_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { prod_j(if !(dot(x_i, y_j) < p) { if x_i * y_j == 4 { 0 } else { 1 + x_i * y_j / 16 } }) } }
reduction! { prod_i_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { prod_i(if !(dot(x_i, y_j) < p) { if x_i * y_j == 4 { 0 } else { 1 + x_i * y_j / 16 } }) } }
reduction! { max_j_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { max_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { max_i_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { max_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { max_j_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { max_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { max_i_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { max_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { max_j_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { max_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { max_i_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { max_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { max_j_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { max_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { max_i_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { max_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { min_j_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { min_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { min_i_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { min_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { min_j_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { min_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { min_i_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { min_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { min_j_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { min_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { min_i_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { min_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { min_j_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { min_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { min_i_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { min_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { argmax_j_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { argmax_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { argmax_i_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { argmax_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { argmax_j_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { argmax_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { argmax_i_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { argmax_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { argmax_j_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { argmax_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { argmax_i_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { argmax_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { argmax_j_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { argmax_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { argmax_i_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { argmax_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { argmin_j_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { argmin_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { argmin_i_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { argmin_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { argmin_j_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { argmin_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { argmin_i_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { argmin_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { argmin_j_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { argmin_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { argmin_i_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { argmin_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { argmin_j_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { argmin_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { argmin_i_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { argmin_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { max_argmax_j_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { max_argmax_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { max_argmax_i_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { max_argmax_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { max_argmax_j_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { max_argmax_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { max_argmax_i_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { max_argmax_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { max_argmax_j_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { max_argmax_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { max_argmax_i_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { max_argmax_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { max_argmax_j_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { max_argmax_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { max_argmax_i_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { max_argmax_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { min_argmin_j_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { min_argmin_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { min_argmin_i_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { min_argmin_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { min_argmin_j_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { min_argmin_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { min_argmin_i_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { min_argmin_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { min_argmin_j_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { min_argmin_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { min_argmin_i_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { min_argmin_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { min_argmin_j_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { min_argmin_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { min_argmin_i_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { min_argmin_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { kmin_j_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { kmin_j[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { kmin_i_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { kmin_i[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { kmin_j_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { kmin_j[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { kmin_i_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { kmin_i[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { kmin_j_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { kmin_j[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { kmin_i_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { kmin_i[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { kmin_j_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { kmin_j[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { kmin_i_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { kmin_i[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { argkmin_j_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { argkmin_j[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { argkmin_i_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { argkmin_i[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { argkmin_j_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { argkmin_j[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { argkmin_i_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { argkmin_i[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { argkmin_j_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { argkmin_j[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { argkmin_i_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { argkmin_i[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { argkmin_j_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { argkmin_j[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { argkmin_i_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { argkmin_i[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { kmin_argkmin_j_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { kmin_argkmin_j[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { kmin_argkmin_i_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { kmin_argkmin_i[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { kmin_argkmin_j_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { kmin_argkmin_j[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { kmin_argkmin_i_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { kmin_argkmin_i[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { kmin_argkmin_j_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { kmin_argkmin_j[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { kmin_argkmin_i_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { kmin_argkmin_i[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { kmin_argkmin_j_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { kmin_argkmin_j[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { kmin_argkmin_i_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { kmin_argkmin_i[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { kmax_j_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { kmax_j[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { kmax_i_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { kmax_i[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { kmax_j_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { kmax_j[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { kmax_i_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { kmax_i[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { kmax_j_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { kmax_j[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { kmax_i_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { kmax_i[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { kmax_j_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { kmax_j[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { kmax_i_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { kmax_i[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { argkmax_j_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { argkmax_j[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { argkmax_i_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { argkmax_i[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { argkmax_j_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { argkmax_j[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { argkmax_i_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { argkmax_i[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { argkmax_j_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { argkmax_j[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { argkmax_i_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { argkmax_i[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { argkmax_j_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { argkmax_j[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { argkmax_i_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { argkmax_i[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { kmax_argkmax_j_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { kmax_argkmax_j[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { kmax_argkmax_i_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { kmax_argkmax_i[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { kmax_argkmax_j_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { kmax_argkmax_j[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { kmax_argkmax_i_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { kmax_argkmax_i[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { kmax_argkmax_j_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { kmax_argkmax_j[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { kmax_argkmax_i_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { kmax_argkmax_i[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { kmax_argkmax_j_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { kmax_argkmax_j[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { kmax_argkmax_i_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { kmax_argkmax_i[3](if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }) } }
reduction! { logsumexp_j_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { logsumexp_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { logsumexp_i_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { logsumexp_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { logsumexp_j_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { logsumexp_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { logsumexp_i_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { logsumexp_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { logsumexp_j_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { logsumexp_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { logsumexp_i_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { logsumexp_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { logsumexp_j_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { logsumexp_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { logsumexp_i_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { logsumexp_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { logsumexp_of_two_j_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { logsumexp_j(if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }, maximum(y_j, 0)) } }
reduction! { logsumexp_of_two_i_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { logsumexp_i(if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }, maximum(x_i, 0)) } }
reduction! { logsumexp_of_two_j_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { logsumexp_j(if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }, maximum(y_j, 0)) } }
reduction! { logsumexp_of_two_i_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { logsumexp_i(if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }, maximum(x_i, 0)) } }
reduction! { logsumexp_of_two_j_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { logsumexp_j(if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }, maximum(y_j, 0)) } }
reduction! { logsumexp_of_two_i_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { logsumexp_i(if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }, maximum(x_i, 0)) } }
reduction! { logsumexp_of_two_j_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { logsumexp_j(if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }, maximum(y_j, 0)) } }
reduction! { logsumexp_of_two_i_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { logsumexp_i(if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }, maximum(x_i, 0)) } }
reduction! { softmax_of_two_j_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { softmax_j(if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }, y_j) } }
reduction! { softmax_of_two_i_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { softmax_i(if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }, x_i) } }
reduction! { softmax_of_two_j_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { softmax_j(if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }, y_j) } }
reduction! { softmax_of_two_i_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { softmax_i(if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }, x_i) } }
reduction! { softmax_of_two_j_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { softmax_j(if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }, y_j) } }
reduction! { softmax_of_two_i_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { softmax_i(if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }, x_i) } }
reduction! { softmax_of_two_j_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { softmax_j(if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }, y_j) } }
reduction! { softmax_of_two_i_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { softmax_i(if !(dot(x_i, y_j) < p) { dot(x_i, y_j) }, x_i) } }
reduction! { mean_j_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { mean_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { mean_i_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { mean_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { mean_j_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { mean_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { mean_i_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { mean_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { mean_j_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { mean_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { mean_i_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { mean_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { mean_j_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { mean_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { mean_i_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { mean_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { var_j_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { var_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { var_i_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { var_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { var_j_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { var_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { var_i_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { var_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { var_j_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { var_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { var_i_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { var_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { var_j_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { var_j(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { var_i_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { var_i(if !(dot(x_i, y_j) < p) { x_i * y_j }) } }
reduction! { count_j_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { count_j(if !(dot(x_i, y_j) < p) { x_i < y_j }) } }
reduction! { count_i_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { count_i(if !(dot(x_i, y_j) < p) { x_i < y_j }) } }
reduction! { count_j_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { count_j(if !(dot(x_i, y_j) < p) { x_i < y_j }) } }
reduction! { count_i_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { count_i(if !(dot(x_i, y_j) < p) { x_i < y_j }) } }
reduction! { count_j_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { count_j(if !(dot(x_i, y_j) < p) { x_i < y_j }) } }
reduction! { count_i_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { count_i(if !(dot(x_i, y_j) < p) { x_i < y_j }) } }
reduction! { count_j_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { count_j(if !(dot(x_i, y_j) < p) { x_i < y_j }) } }
reduction! { count_i_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { count_i(if !(dot(x_i, y_j) < p) { x_i < y_j }) } }
reduction! { any_j_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { any_j(if !(dot(x_i, y_j) < p) { x_i < y_j }) } }
reduction! { any_i_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { any_i(if !(dot(x_i, y_j) < p) { x_i < y_j }) } }
reduction! { any_j_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { any_j(if !(dot(x_i, y_j) < p) { x_i < y_j }) } }
reduction! { any_i_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { any_i(if !(dot(x_i, y_j) < p) { x_i < y_j }) } }
reduction! { any_j_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { any_j(if !(dot(x_i, y_j) < p) { x_i < y_j }) } }
reduction! { any_i_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { any_i(if !(dot(x_i, y_j) < p) { x_i < y_j }) } }
reduction! { any_j_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { any_j(if !(dot(x_i, y_j) < p) { x_i < y_j }) } }
reduction! { any_i_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { any_i(if !(dot(x_i, y_j) < p) { x_i < y_j }) } }
reduction! { all_j_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { all_j(if !(dot(x_i, y_j) < p) { x_i < y_j }) } }
reduction! { all_i_1 1 (x_i: [f32; 1], y_j: [f32; 1], p: f32) { all_i(if !(dot(x_i, y_j) < p) { x_i < y_j }) } }
reduction! { all_j_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { all_j(if !(dot(x_i, y_j) < p) { x_i < y_j }) } }
reduction! { all_i_3 3 (x_i: [f32; 3], y_j: [f32; 3], p: f32) { all_i(if !(dot(x_i, y_j) < p) { x_i < y_j }) } }
reduction! { all_j_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { all_j(if !(dot(x_i, y_j) < p) { x_i < y_j }) } }
reduction! { all_i_7 7 (x_i: [f32; 7], y_j: [f32; 7], p: f32) { all_i(if !(dot(x_i, y_j) < p) { x_i < y_j }) } }
reduction! { all_j_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { all_j(if !(dot(x_i, y_j) < p) { x_i < y_j }) } }
reduction! { all_i_64 64 (x_i: [f32; 64], y_j: [f32; 64], p: f32) { all_i(if !(dot(x_i, y_j) < p) { x_i < y_j }) } }
