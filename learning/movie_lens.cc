#include "learning/movie_lens.h"

#include "learning/data_file.h"
#include "learning/datasets.h"
#include "learning/index_dataset.h"
#include "learning/random_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <numeric>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {
namespace {

struct Rating {
    std::int32_t user;  // as in the file, then numbered from 0
    std::int32_t item;
    float value;
};

/// Reads the next field of a line, which a separator or the end of the line must follow.
template <class Number>
std::optional<Number> next_field(std::string_view& rest, char separator) {
    Number value{};
    const auto [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    rest.remove_prefix(static_cast<std::size_t>(stop - rest.data()));
    if (error != std::errc{} || (!rest.empty() && rest.front() != separator)) {
        return std::nullopt;
    }
    rest.remove_prefix(rest.empty() ? 0 : 1);
    return value;
}

std::optional<Rating> parse_rating(std::string_view line, char separator) {
    const auto user = next_field<std::int32_t>(line, separator);
    const auto item = user ? next_field<std::int32_t>(line, separator) : std::nullopt;
    const auto value = item ? next_field<float>(line, separator) : std::nullopt;
    if (!value || *user < 1 || *item < 1 || !(*value >= 0.5F && *value <= 5.0F)) {
        return std::nullopt;
    }
    return Rating{*user, *item, *value};
}

std::vector<Rating> read_ratings(const std::filesystem::path& path, char separator, bool header) {
    const std::string where = fmt::format("dataset movielens: {}", path.string());
    std::ifstream file(path);
    if (!file) {
        throw std::invalid_argument(where + ": cannot be opened for reading");
    }
    std::vector<Rating> ratings;
    std::string line;
    std::size_t number = 0;
    while (std::getline(file, line)) {
        ++number;
        if (header && number == 1) {
            continue;
        }
        const std::optional<Rating> rating = parse_rating(line, separator);
        if (!rating) {
            throw std::invalid_argument(
                fmt::format("{}: line {}: not a rating, got '{}', allowed user, item and a rating "
                            "of 0.5 ... 5",
                            where,
                            number,
                            line.substr(0, 80)));
        }
        ratings.push_back(*rating);
    }
    return ratings;
}

/// Gives each different id a number, in ascending order; returns how many there are.
template <class Field>
std::int64_t number_ids(std::vector<Rating>& ratings, Field field) {
    std::vector<std::int32_t> ids;
    ids.reserve(ratings.size());
    for (const Rating& rating : ratings) {
        ids.push_back(rating.*field);
    }
    std::ranges::sort(ids);
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    for (Rating& rating : ratings) {
        rating.*field =
            static_cast<std::int32_t>(std::ranges::lower_bound(ids, rating.*field) - ids.begin());
    }
    return std::ssize(ids);
}

/// Tells which of a user's ratings are for training.
std::vector<bool> draw_training(std::size_t count, std::uint64_t seed) {
    constexpr double kShare = 0.7;
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), 0);
    RandomStream(seed).shuffle(std::span(order));
    std::vector<bool> is_training(count, false);
    order.resize(static_cast<std::size_t>(std::lround(kShare * static_cast<double>(count))));
    for (const std::size_t index : order) {
        is_training[index] = true;
    }
    return is_training;
}

void append(const Rating& rating, IndexData& data) {
    data.inputs.push_back(rating.user);
    data.inputs.push_back(rating.item);
    data.targets.push_back(rating.value);
}

}  // namespace

DatasetPair load_movie_lens(const std::filesystem::path& folder, std::uint64_t seed) {
    require_folder("movielens", folder);
    const bool is_csv = !is_file(folder / "u.data");
    if (is_csv && !is_file(folder / "ratings.csv")) {
        throw std::invalid_argument(fmt::format(
            "dataset movielens: {}: neither u.data nor ratings.csv is there", folder.string()));
    }
    std::vector<Rating> ratings = is_csv ? read_ratings(folder / "ratings.csv", ',', true)
                                         : read_ratings(folder / "u.data", '\t', false);
    const std::int64_t users = number_ids(ratings, &Rating::user);
    const std::int64_t items = number_ids(ratings, &Rating::item);
    std::ranges::stable_sort(ratings, {}, &Rating::user);
    IndexData train{
        .length = 2, .input_ranges = {users, items}, .num_classes = 1, .user_offsets = {0}};
    IndexData test = train;
    test.user_offsets.clear();
    for (std::span<const Rating> rest = ratings; !rest.empty();) {
        const std::int32_t user = rest.front().user;
        const auto end = std::ranges::find_if(
            rest, [user](const Rating& rating) { return rating.user != user; });
        const auto count = static_cast<std::size_t>(end - rest.begin());
        const std::vector<bool> is_training =
            draw_training(count, stream_seed(seed, "movielens", static_cast<std::uint64_t>(user)));
        for (std::size_t i = 0; i < count; ++i) {
            append(rest[i], is_training[i] ? train : test);
        }
        train.user_offsets.push_back(std::ssize(train.targets));
        rest = rest.subspan(count);
    }
    if (test.targets.empty()) {
        throw std::invalid_argument(
            fmt::format("dataset movielens: {}: got {} ratings, allowed enough that 30 % of some "
                        "user's are left for testing",
                        folder.string(),
                        ratings.size()));
    }
    return {make_index_dataset(std::move(train)),
            shuffled_dataset(make_index_dataset(std::move(test)), stream_seed(seed, "test order"))};
}

void register_movie_lens(DatasetRegistry& registry) {
    registry.add(
        {"movielens", "MovieLens: u.data or ratings.csv; regression of ratings", {folder_option()}},
        [](const Options& options, std::uint64_t seed) {
            return load_movie_lens(options.text("folder"), seed);
        });
}

}  // namespace murmur
