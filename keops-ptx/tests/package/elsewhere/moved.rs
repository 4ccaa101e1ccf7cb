mod beside; keops!(f_moved());
