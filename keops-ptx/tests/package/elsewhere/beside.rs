keops!(f_beside());
