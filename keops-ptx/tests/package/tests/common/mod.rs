keops!(f_common());
