keops!(f_orphan());
