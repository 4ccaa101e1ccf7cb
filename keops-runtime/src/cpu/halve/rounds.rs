//! Which blocks meet at the same time.

/// All pairs of so many blocks, in rounds: in each of them a block is in one pair at most. In the first it meets itself.
///
/// Behind that it is the tournament in which one stands and all others move in a circle.
pub(super) fn rounds(blocks: usize) -> Vec<Vec<[usize; 2]>> {
    let mut rounds = vec![(0..blocks).map(|block| [block, block]).collect()];
    // with an odd number, who would meet the one that is missing has none to meet
    let circle = blocks.next_multiple_of(2).saturating_sub(1);
    for round in 0..circle {
        let others = (1..=circle / 2).map(|k| [(round + k) % circle, (round + circle - k) % circle]);
        let pairs = others.chain([[round, circle]]).filter(|pair| pair.iter().all(|block| *block < blocks));
        rounds.push(pairs.map(|[i, j]| [i.min(j), i.max(j)]).collect());
    }
    rounds
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::rounds;

    #[test]
    fn each_pair_meets_once_and_no_block_is_in_two_places() {
        for blocks in 0..40 {
            let mut met = BTreeSet::new();
            for (n, round) in rounds(blocks).iter().enumerate() {
                let mut busy = BTreeSet::new();
                for [i, j] in round {
                    assert!(i <= j && *j < blocks && met.insert([*i, *j]), "{blocks} blocks: {i}, {j}");
                    assert_eq!(i == j, n == 0);
                    assert!(busy.insert(*i) && (i == j || busy.insert(*j)), "{blocks} blocks: round {n}");
                }
            }
            assert_eq!(met.len(), blocks * (blocks + 1) / 2);
        }
    }
}
