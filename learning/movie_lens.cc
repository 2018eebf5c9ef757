#include "learning/movie_lens.h"

#include "learning/data_file.h"
#include "learning/datasets.h"
#include "learning/index_dataset.h"
#include "learning/random_stream.h"
#include "learning/text_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
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

/// The form of a file of ratings: MovieLens has had three.
struct Form {
    const char* file;
    std::string_view separator;
};
constexpr std::array kForms{Form{"u.data", "\t"},       // 100K
                            Form{"ratings.dat", "::"},  // 1M, 10M
                            Form{"ratings.csv", ","}};  // all since
constexpr std::size_t kMaxLine = 4096;

/// Where one of these files lies: in a folder, or in the one that GroupLens' archive of the small
/// data set makes there, which is where DecentralizePy looks.
struct Place {
    std::filesystem::path folder;
    const Form* form;
};

Place find_ratings(const std::filesystem::path& folder) {
    for (const std::filesystem::path& place : {folder, folder / "ml-latest-small"}) {
        for (const Form& form : kForms) {
            if (is_file(place / form.file)) {
                return {place, &form};
            }
        }
    }
    throw std::invalid_argument(fmt::format(
        "dataset movielens: {}: neither u.data nor ratings.dat nor ratings.csv is there",
        folder.string()));
}

/// Reads the next field of a line, which a separator or the end of the line must follow.
template <class Number>
std::optional<Number> next_field(std::string_view& rest, std::string_view separator) {
    Number value{};
    const auto [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    rest.remove_prefix(static_cast<std::size_t>(stop - rest.data()));
    if (error != std::errc{} || (!rest.empty() && !rest.starts_with(separator))) {
        return std::nullopt;
    }
    rest.remove_prefix(rest.empty() ? 0 : separator.size());
    return value;
}

/// Reads user, item and rating; what follows, such as the time, is not used.
std::optional<Rating> parse_rating(std::string_view line, std::string_view separator) {
    const auto user = next_field<std::int32_t>(line, separator);
    const auto item = user ? next_field<std::int32_t>(line, separator) : std::nullopt;
    const auto value = item ? next_field<float>(line, separator) : std::nullopt;
    if (!value || *user < 0 || *item < 0 || !(*value >= 0.5F && *value <= 5.0F)) {
        return std::nullopt;
    }
    return Rating{*user, *item, *value};
}

bool is_header(std::string_view line) {
    return !line.empty() && std::isalpha(static_cast<unsigned char>(line.front())) != 0;
}

std::vector<Rating> read_ratings(const std::filesystem::path& path, std::string_view separator) {
    TextLines lines("dataset movielens", path, kMaxLine);
    std::vector<Rating> ratings;
    std::string line;
    while (lines.next(line)) {
        if (lines.number() == 1 && is_header(line)) {
            continue;
        }
        const std::optional<Rating> rating = parse_rating(line, separator);
        if (!rating) {
            lines.fail(fmt::format("not a rating, got '{}', allowed user, item and a rating of "
                                   "0.5 ... 5, separated by '{}'",
                                   shown(line),
                                   separator == "\t" ? "\\t" : separator));
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
    const auto [place, form] = find_ratings(folder);
    std::vector<Rating> ratings = read_ratings(place / form->file, form->separator);
    const std::int64_t users = number_ids(ratings, &Rating::user);
    const std::int64_t items = number_ids(ratings, &Rating::item);
    std::ranges::stable_sort(ratings, {}, &Rating::user);
    IndexData train{
        .length = 2, .input_ranges = {users, items}, .num_classes = 1, .user_offsets = {0}};
    IndexData test = train;
    test.user_offsets.clear();
    std::vector<std::vector<std::int64_t>> own_test(static_cast<std::size_t>(users));
    for (std::span<const Rating> rest = ratings; !rest.empty();) {
        const std::int32_t user = rest.front().user;
        const auto end = std::ranges::find_if(
            rest, [user](const Rating& rating) { return rating.user != user; });
        const auto count = static_cast<std::size_t>(end - rest.begin());
        const std::vector<bool> is_training =
            draw_training(count, stream_seed(seed, "movielens", static_cast<std::uint64_t>(user)));
        for (std::size_t i = 0; i < count; ++i) {
            if (!is_training[i]) {
                own_test[static_cast<std::size_t>(user)].push_back(std::ssize(test.targets));
            }
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
    const std::uint64_t order = stream_seed(seed, "test order");
    const std::vector<std::int64_t> places = places_when_shuffled(std::ssize(test.targets), order);
    for (std::vector<std::int64_t>& samples : own_test) {
        std::ranges::transform(samples, samples.begin(), [&](std::int64_t sample) {
            return places[static_cast<std::size_t>(sample)];
        });
        std::ranges::sort(samples);
    }
    return {make_index_dataset(std::move(train)),
            shuffled_dataset(make_index_dataset(std::move(test)), order),
            std::move(own_test)};
}

void register_movie_lens(DatasetRegistry& registry) {
    registry.add(
        {"movielens", "MovieLens: u.data, ratings.dat or ratings.csv; regression of ratings", {folder_option()}},
        [](const Options& options, std::uint64_t seed) {
            return load_movie_lens(options.text("folder"), seed);
        });
}

}  // namespace murmur
