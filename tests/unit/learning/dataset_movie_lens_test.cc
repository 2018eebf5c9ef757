#include "learning/movie_lens.h"
#include "learning/text_lines.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/learning/data_files.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

namespace murmur {
namespace {

using test::TemporaryFolder;
using Indices = std::vector<std::int64_t>;

/// All samples as (user, item, rating).
std::vector<std::vector<double>> samples_of(const Dataset& data) {
    Indices all(static_cast<std::size_t>(data.size()));
    std::iota(all.begin(), all.end(), 0);
    const Batch batch = data.batch(all);
    std::vector<std::vector<double>> samples;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const std::int64_t* input = batch.inputs.data_ptr<std::int64_t>() + 2 * i;
        samples.push_back({static_cast<double>(input[0]),
                           static_cast<double>(input[1]),
                           static_cast<double>(batch.targets.data_ptr<float>()[i])});
    }
    return samples;
}

TEST_CASE("ratings are split for each user, ids numbered in ascending order") {
    std::string text;
    for (int item = 0; item < 10; ++item) {  // items 10, 20, ... 100, users taking turns
        text += "7\t" + std::to_string(100 - 10 * item) + "\t4\t881250949\n";
        text +=
            "3\t" + std::to_string(100 - 10 * item) + "\t" + std::to_string(1 + item % 5) + "\t0\n";
    }
    const TemporaryFolder folder;
    folder.write("u.data", text);
    const DatasetPair data = load_dataset("movielens:" + folder.path().string(), 5);
    CHECK(data.train->goal() == regression());
    CHECK(data.train->labels().empty());
    CHECK(data.train->input_ranges() == Indices{2, 10});
    CHECK(data.test->input_ranges() == Indices{2, 10});
    CHECK(std::ranges::equal(data.train->user_offsets(), Indices{0, 7, 14}));
    auto samples = samples_of(*data.train);
    CHECK(samples.front()[0] == 0);  // user 3
    CHECK(samples.back()[0] == 1);
    const auto test = samples_of(*data.test);
    CHECK(std::ranges::count_if(test, [](const auto& s) { return s[0] == 0; }) == 3);
    samples.insert(samples.end(), test.begin(), test.end());
    std::ranges::sort(samples);
    for (int i = 0; i < 20; ++i) {
        const double rating = i < 10 ? 1 + (9 - i) % 5 : 4;
        CHECK(samples[i] == std::vector<double>{
                                static_cast<double>(i / 10), static_cast<double>(i % 10), rating});
    }
    CHECK(samples_of(*load_movie_lens(folder.path(), 5).train) ==
          samples_of(*load_movie_lens(folder.path(), 5).train));
    CHECK(samples_of(*load_movie_lens(folder.path(), 5).train) !=
          samples_of(*load_movie_lens(folder.path(), 6).train));
}

TEST_CASE("ratings.csv has a header, commas and half stars") {
    const TemporaryFolder folder;
    folder.write("ratings.csv", "userId,movieId,rating,timestamp\r\n1,9,3.5,1\r\n1,5,0.5,1\r\n");
    const DatasetPair data = load_movie_lens(folder.path(), 1);
    CHECK(data.train->size() == 1);
    auto samples = samples_of(*data.train);
    samples.push_back(samples_of(*data.test).front());
    std::ranges::sort(samples);
    CHECK(samples == std::vector<std::vector<double>>{{0, 0, 0.5}, {0, 1, 3.5}});
}

// As the three archives have them, and as Windows and spreadsheets save them.
TEST_CASE("line ends, times, headers and separators of ratings are those of the file") {
    const std::vector<std::vector<double>> expected{{0, 0, 0.5}, {0, 1, 3.5}, {1, 1, 4}};
    const auto read = [](const char* name, const std::string& content) {
        CAPTURE(content);
        const TemporaryFolder folder;
        folder.write(name, content);
        const DatasetPair data = load_movie_lens(folder.path(), 1);
        auto samples = samples_of(*data.train);
        for (const auto& sample : samples_of(*data.test)) {
            samples.push_back(sample);
        }
        std::ranges::sort(samples);
        return samples;
    };
    CHECK(read("ratings.csv", "userId,movieId,rating\r\n1,9,3.5\r\n1,5,0.5\r\n2,9,4\r\n") ==
          expected);
    CHECK(read("ratings.csv", "\xEF\xBB\xBFuserId,movieId,rating\n1,9,3.5\n1,5,0.5\n2,9,4") ==
          expected);
    CHECK(read("ratings.csv", "1,9,3.5,77\r1,5,0.5,77\r2,9,4,77\r") == expected);
    CHECK(read("ratings.dat", "1::9::3.5::978300760\n1::5::0.5::9\n2::9::4::9\n") == expected);
    CHECK(read("u.data", "1\t9\t3.5\t881250949\r\n1\t5\t0.5\t8\r\n2\t9\t4\t8\r\n") == expected);
}

TEST_CASE("a line without end is refused after a few thousand bytes") {
    const TemporaryFolder folder;
    const std::string path = folder.write("u.data", "1\t1\t5\t0\n" + std::string(50'000'000, '7'));
    CHECK_THROWS_WITH_AS(
        static_cast<void>(load_dataset("movielens:" + folder.path().string(), 1)),
        ("dataset movielens: " + path + ": line 2: longer than 4096 bytes").c_str(),
        std::invalid_argument);
}

TEST_CASE("lines that are no ratings are refused") {
    const auto refuse = [](const std::string& line) {
        CAPTURE(line);
        const TemporaryFolder folder;
        const std::string path = folder.write("u.data", "1\t1\t5\t0\n" + line + "\n");
        CHECK_THROWS_WITH_AS(
            static_cast<void>(load_movie_lens(folder.path(), 1)),
            ("dataset movielens: " + path + ": line 2: not a rating, got '" + shown(line) +
             "', allowed user, item and a rating of 0.5 ... 5, separated by '\\t'")
                .c_str(),
            std::invalid_argument);
    };
    for (const char* line : {"",
                             "1",
                             "1\t2",
                             "1\t2\t",
                             "1,2,3,4",
                             "-1\t2\t3\t4",
                             "1\t-2\t3\t4",
                             "1\t2\t6\t4",
                             "1\t2\t0\t4",
                             "1\t2\tnan\t4",
                             "1\t2\t3x\t4",
                             "1.5\t2\t3\t4",
                             "99999999999\t2\t3\t4"}) {
        refuse(line);
    }
    refuse(std::string(1000, 'x'));
}

TEST_CASE("folders without ratings, or with too few, are refused") {
    const TemporaryFolder folder;
    const std::string where = "dataset movielens: " + folder.path().string();
    CHECK_THROWS_WITH(static_cast<void>(load_movie_lens(folder.path(), 1)),
                      (where + ": neither u.data nor ratings.dat nor ratings.csv is there").c_str());
    folder.write("u.data", "1\t1\t5\t0\n2\t1\t5\t0\n");
    CHECK_THROWS_WITH(
        static_cast<void>(load_movie_lens(folder.path(), 1)),
        (where + ": got 2 ratings, allowed enough that 30 % of some user's are left for "
                 "testing")
            .c_str());
    CHECK_THROWS_WITH(static_cast<void>(load_movie_lens("/nowhere", 1)),
                      "dataset movielens: not a folder, got '/nowhere'");
}

TEST_CASE("real data: MovieLens 100K") {
    if (const auto path = testing::shared_data("ml-100k")) {
        const DatasetPair data = load_dataset("movielens:" + path->string(), 1);
        CHECK(data.train->input_ranges() == Indices{943, 1682});
        CHECK(data.train->size() + data.test->size() == 100'000);
        CHECK(data.train->size() == doctest::Approx(70'000).epsilon(0.002));
    }
}

}  // namespace
}  // namespace murmur
