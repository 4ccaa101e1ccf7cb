keops!(f_unix());
