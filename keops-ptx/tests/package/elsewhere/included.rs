keops!(f_included());
