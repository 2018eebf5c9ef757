#pragma once

#include "learning/dataset.h"

#include <cstdint>
#include <filesystem>

namespace murmur {

/// Reads the ratings of MovieLens from `u.data` (tab-separated: user, item, rating, time),
/// `ratings.dat` (the same with `::`) or `ratings.csv` (the same with commas, behind a header), in
/// `folder` or in `folder/ml-latest-small`.  A sample is (user, item) as indices, its
/// target the rating; of each user's ratings 70 %, rounded to the nearest and drawn from `seed`,
/// are for training, the others for testing.  Users and items are numbered in the order of their
/// ids.
/// @throws std::invalid_argument  naming the file and the line, on anything but two positive whole
///                                numbers and a rating in 0.5 ... 5, and where nothing is left to
///                                test on
/// - [Harper, 2015] F. Harper and J. Konstan. The MovieLens Datasets: History and Context.
[[nodiscard]] DatasetPair load_movie_lens(const std::filesystem::path& folder, std::uint64_t seed);

}  // namespace murmur
