keops!(f_deeper());
