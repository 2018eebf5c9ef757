#include "learning/learner.h"
#include "learning/models/model.h"
#include "learning/partition.h"
#include "tests/support/doctest.h"
#include "tests/support/refused_dataset.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/learning/data_files.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

namespace murmur {
namespace {

using test::check_refused;
using test::TemporaryFolder;
using Indices = std::vector<std::int64_t>;

Indices values_of(const at::Tensor& tensor) {
    return {tensor.data_ptr<std::int64_t>(), tensor.data_ptr<std::int64_t>() + tensor.numel()};
}
Indices inputs_of(const Dataset& data, std::int64_t sample) {
    return values_of(data.batch(std::span(&sample, 1)).inputs);
}
Indices targets_of(const Dataset& data, std::int64_t sample) {
    return values_of(data.batch(std::span(&sample, 1)).targets);
}

/// Little-endian 16-bit numbers.
std::string uint16_file(const Indices& tokens) {
    std::string bytes;
    for (const std::int64_t token : tokens) {
        bytes += static_cast<char>(token & 0xff);
        bytes += static_cast<char>(token >> 8);
    }
    return bytes;
}

TEST_CASE("tokens: a sample is a window, its targets are the tokens behind each position") {
    const TemporaryFolder folder;
    const std::string path = folder.write("text", "abcdabcdabcdabcdabcd");
    const DatasetPair data = load_dataset("tokens:" + path + ",context=3,test=0.3", 1);
    // 14 tokens are for training: windows at 0, 3, 6, 9; the one at 12 would lack a target.
    CHECK(data.train->size() == 4);
    CHECK(data.test->size() == 1);
    CHECK(data.train->sample_shape() == Indices{3});
    CHECK(data.train->input_ranges() == Indices{4});
    CHECK(data.train->goal() == next_token());
    CHECK(data.train->labels().empty());
    CHECK(inputs_of(*data.train, 1) == Indices{3, 0, 1});
    CHECK(targets_of(*data.train, 1) == Indices{0, 1, 2});
    CHECK(inputs_of(*data.test, 0) == Indices{2, 3, 0});  // from token 14 on
    CHECK(describe(data) == "4 training and 1 test samples of 3 indices, 4 different tokens");
}

TEST_CASE("tokens: windows may overlap in training, never in tests, and none reaches the tests") {
    const TemporaryFolder folder;
    const std::string path = folder.write("text", "abcdefghijklmnopqrst");
    const DatasetPair data = load_dataset("tokens:" + path + ",context=4,stride=1,test=0.5", 1);
    CHECK(data.train->size() == 6);
    CHECK(data.test->size() == 2);
    CHECK(inputs_of(*data.train, 5) == Indices{5, 6, 7, 8});
    CHECK(targets_of(*data.train, 5).back() == 9);  // the last of the first half
    CHECK(inputs_of(*data.test, 1).front() == 14);
}

// 16 million windows of 4 KB each: copies of them would be 64 GiB.
TEST_CASE("tokens: windows are places in the text, not copies") {
    const TemporaryFolder folder;
    const std::string path = folder.write("text", std::string(std::size_t{1} << 24, 'x') + "yz");
    const DatasetPair data = load_dataset("tokens:" + path + ",context=1024,stride=1", 1);
    CHECK(data.train->size() > 15'000'000);
}

TEST_CASE(
    "tokens: characters are those of UTF-8, in ascending order, without a system's line ends") {
    const TemporaryFolder folder;
    const auto tokens = [&](const std::string& text) {
        const DatasetPair data =
            load_dataset("tokens:" + folder.write("text", text) + ",context=4,test=0.4", 1);
        return std::pair(inputs_of(*data.train, 0), data.train->num_classes());
    };
    const std::string text = "b\u00e9\n\u20ac\U0001F600bbbbbbbbbb";
    const auto plain = tokens(text);
    CHECK(plain == std::pair(Indices{1, 2, 0, 3}, std::int64_t{5}));
    CHECK(tokens("\xef\xbb\xbf" + text) == plain);
    std::string windows = text;
    windows.replace(windows.find('\n'), 1, "\r\n");
    CHECK(tokens(windows) == plain);
}

TEST_CASE("tokens: more than 256 different characters take two bytes each") {
    const TemporaryFolder folder;
    std::string text;
    for (int i = 0; i < 600; ++i) {
        const int character = 0x400 + i % 300;
        text += static_cast<char>(0xc0 | character >> 6);
        text += static_cast<char>(0x80 | (character & 0x3f));
    }
    const DatasetPair data = load_dataset("tokens:" + folder.write("text", text) + ",context=4", 1);
    CHECK(data.train->num_classes() == 300);
    CHECK(inputs_of(*data.train, 70) == Indices{280, 281, 282, 283});
}

TEST_CASE("tokens: bytes of any file") {
    const TemporaryFolder folder;
    const std::string path = folder.write("data", std::string("\xff\0\r\n\x80zzzzzzz", 12));
    const DatasetPair data = load_dataset("tokens:" + path + ",context=4,kind=bytes,test=0.5", 1);
    CHECK(data.train->num_classes() == 256);
    CHECK(inputs_of(*data.train, 0) == Indices{255, 0, 13, 10});
    check_refused("tokens:" + path + ",context=4",
                  "data: offset 0: no UTF-8, got byte 0xff, allowed a UTF-8 text, or kind=bytes");
}

TEST_CASE("tokens: 16-bit numbers, and the folder that nanoGPT leaves") {
    const TemporaryFolder folder;
    const std::string train = uint16_file({50256, 1, 2, 3, 4, 5, 6, 7, 8, 9});
    const std::string path = folder.write("train.bin", train);
    const DatasetPair one = load_dataset("tokens:" + path + ",context=2,test=0.4", 1);
    CHECK(one.train->num_classes() == 50257);
    CHECK(inputs_of(*one.train, 0) == Indices{50256, 1});
    CHECK(inputs_of(*one.test, 0) == Indices{6, 7});
    CHECK(load_dataset("tokens:" + path + ",context=2,test=0.4,vocabulary=50304", 1)
              .train->num_classes() == 50304);
    check_refused("tokens:" + path + ",vocabulary=50256",
                  "train.bin: token out of range, got 50256, allowed 0 ... 50255");
    folder.write("val.bin", uint16_file({50300, 1, 2}));
    const DatasetPair both = load_dataset("tokens:" + folder.path().string() + ",context=2", 1);
    check_refused("tokens:" + folder.path().string() + ",context=2,test=0.3",
                  "dataset tokens: test: got 0.3, but ");
    CHECK(both.train->size() == 4);
    CHECK(both.test->size() == 1);
    CHECK(both.train->num_classes() == 50301);
    CHECK(inputs_of(*both.test, 0) == Indices{50300, 1});
    check_refused("tokens:" + folder.write("odd.bin", "abc"),
                  "odd.bin: got 3 bytes, allowed an even number");
    check_refused("tokens:" + folder.write("empty.bin", ""), "too short, got 0 training tokens");
}

TEST_CASE("tokens: wrong options are refused in one line") {
    const TemporaryFolder folder;
    const std::string path = folder.write("text", "abcdefgh");
    check_refused("tokens:" + path,
                  "text: too short, got 7 training tokens, allowed 129 and more for a sample; make "
                  "context= smaller");
    check_refused("tokens:" + path + ",context=6",
                  "text: too short, got 1 test tokens, allowed 7 and more");
    check_refused("tokens:" + path + ",vocabulary=8", "vocabulary= is for uint16 tokens alone");
    check_refused("tokens:" + path + ",kind=words", "allowed auto, characters, bytes, uint16");
    check_refused("tokens:/nowhere/at/all", "/nowhere/at/all: no such file");
    check_refused("tokens:" + folder.path().string() + ",kind=bytes",
                  "holds train.bin and val.bin");
}

TEST_CASE("tokens: partitions are parts of the text, or windows at random; never by label") {
    const TemporaryFolder folder;
    std::string text;
    for (int i = 0; i < 500; ++i) {
        text += static_cast<char>('a' + i % 7);
    }
    const DatasetPair data = load_dataset("tokens:" + folder.write("text", text) + ",context=4", 1);
    const Partition parts = make_partition("shards:1", *data.train, 8, 1);
    Indices all;
    for (const Indices& part : parts) {
        CHECK(part.back() - part.front() == std::ssize(part) - 1);
        CHECK(std::ranges::is_sorted(part));
        all.insert(all.end(), part.begin(), part.end());
    }
    std::ranges::sort(all);
    Indices expected(static_cast<std::size_t>(data.train->size()));
    std::iota(expected.begin(), expected.end(), 0);
    CHECK(all == expected);
    const Partition iid = make_partition("iid", *data.train, 8, 1);
    CHECK_FALSE(std::ranges::is_sorted(iid.front()));
    CHECK_THROWS_WITH_AS(
        static_cast<void>(make_partition("dirichlet:0.1", *data.train, 8, 1)),
        "partition dirichlet: needs a dataset with classes, got data for next-token prediction, "
        "allowed iid, quantity-skew, shards, users or file:PATH",
        std::invalid_argument);
}

/// The logits of the next token, by the present one alone: [vocabulary, vocabulary].
class BigramTable final : public Model {
  public:
    explicit BigramTable(std::int64_t vocabulary) {
        add_tensor({{vocabulary, vocabulary}, Constant{0.0}});
    }
    at::Tensor forward(std::span<const at::Tensor> parameters,
                       const at::Tensor& inputs,
                       const ForwardContext& /*context*/) const override {
        return at::embedding(parameters[0], inputs);
    }
};

// Expectation: with all logits 0 each of V tokens is as likely: perplexity V.  With the logarithms
// of how often one follows another (one added to each count), it is what a loop over the test
// tokens in double says.
TEST_CASE("tokens: perplexity is that of a uniform model, and of a table of bigrams") {
    models().add({"bigram-table", "of a test"}, [](const Options&, const Dataset& data) {
        return std::make_unique<BigramTable>(data.num_classes());
    });
    const TemporaryFolder folder;
    const std::string text =
        "to be or not to be that is the question whether tis nobler in the mind to suffer the "
        "slings and arrows of outrageous fortune or to take arms against a sea of troubles and by "
        "opposing end them to die to sleep no more and by a sleep to say we end the heartache";
    const DatasetPair data =
        load_dataset("tokens:" + folder.write("text", text) + ",context=5,test=0.4", 1);
    const auto learner = make_learner("bigram-table", data, {});
    const std::int64_t tokens = data.train->num_classes();
    const EvaluationResult uniform = learner->evaluate(*learner->initial_parameters(1), 0);
    CHECK(uniform.loss == doctest::Approx(std::log(static_cast<double>(tokens))).epsilon(1e-6));
    CHECK(uniform.accuracy == doctest::Approx(static_cast<double>(tokens)).epsilon(1e-6));

    std::vector<double> counts(static_cast<std::size_t>(tokens * tokens), 1);
    for (std::int64_t sample = 0; sample < data.train->size(); ++sample) {
        const Indices inputs = inputs_of(*data.train, sample);
        const Indices targets = targets_of(*data.train, sample);
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            ++counts[static_cast<std::size_t>(inputs[i] * tokens + targets[i])];
        }
    }
    ParameterVector table(counts.size());
    std::ranges::transform(counts, table.values().begin(), [](double count) {
        return static_cast<float>(std::log(count));
    });
    double loss = 0;
    int predictions = 0;
    for (std::int64_t sample = 0; sample < data.test->size(); ++sample) {
        const Indices inputs = inputs_of(*data.test, sample);
        const Indices targets = targets_of(*data.test, sample);
        for (std::size_t i = 0; i < inputs.size(); ++i, ++predictions) {
            const auto row = counts.begin() + inputs[i] * tokens;
            loss -= std::log(row[targets[i]] / std::accumulate(row, row + tokens, 0.0));
        }
    }
    const EvaluationResult result = learner->evaluate(table, 0);
    CHECK(result.loss == doctest::Approx(loss / predictions).epsilon(1e-6));
    CHECK(result.accuracy == doctest::Approx(std::exp(loss / predictions)).epsilon(1e-6));
}

// Expectation: what nanoGPT's data/shakespeare_char/prepare.py prints of this file: 1,115,394
// characters, 65 different ones, 1,003,854 tokens for training and 111,540 for testing.
TEST_CASE("real data: tokens of tinyshakespeare are those of nanoGPT") {
    if (const auto path = testing::shared_data("tinyshakespeare.txt")) {
        const DatasetPair data = load_dataset("tokens:" + path->string() + ",context=256", 1);
        CHECK(data.train->num_classes() == 65);
        CHECK(data.train->size() == (1'003'854 - 1) / 256);
        CHECK(data.test->size() == (111'540 - 1) / 256);
        // "First Citizen": F 18, i 47, r 56, s 57, t 58, blank 1, C 15.
        const Indices begin = inputs_of(*data.train, 0);
        CHECK(Indices(begin.begin(), begin.begin() + 7) == Indices{18, 47, 56, 57, 58, 1, 15});
    }
}

}  // namespace
}  // namespace murmur
