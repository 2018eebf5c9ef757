#include "learning/dataset.h"
#include "learning/vocabulary.h"
#include "tests/support/doctest.h"
#include "tests/unit/learning/leaf_files.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace murmur {
namespace {

using testing::leaf_file;
using testing::LeafFolder;
using Indices = std::vector<std::int64_t>;

Indices inputs_of(const Dataset& data, std::int64_t sample) {
    const at::Tensor inputs = data.batch(std::span(&sample, 1)).inputs;
    return {inputs.data_ptr<std::int64_t>(), inputs.data_ptr<std::int64_t>() + inputs.numel()};
}

Indices labels_of(const Dataset& data) {
    return {data.labels().begin(), data.labels().end()};
}

void check_refused(const std::string& name,
                   const std::string& x,
                   const std::string& y,
                   const std::string& message) {
    const std::string file = leaf_file("u", 1, x, y);
    const LeafFolder folder(file, file);
    CHECK_THROWS_WITH_AS(
        static_cast<void>(load_dataset(name + ":" + folder.path().string(), 1)),
        ("dataset " + name + ": " + folder.file("train/data.json") + ": user 'u': " + message)
            .c_str(),
        std::invalid_argument);
}

TEST_CASE("a vocabulary keeps the most frequent words") {
    Vocabulary words;
    const std::vector<std::string> text{"b", "a", "<PAD>", "c", "b", "d", "c", "b"};
    std::vector<std::int32_t> numbers;
    for (const std::string& word : text) {
        numbers.push_back(words.count(word));
    }
    CHECK(numbers == std::vector<std::int32_t>{0, 1, 2, 3, 0, 4, 3, 0});
    // b thrice, c twice, then a before d; one word too many.
    CHECK(words.close(5) == std::vector<std::int32_t>{2, 4, 0, 3, 1});
    CHECK(words.number_of("b") == 2);
    CHECK(words.number_of("d") == Vocabulary::kUnknown);
    CHECK(words.number_of("never seen") == Vocabulary::kUnknown);
    CHECK(words.number_of("<PAD>") == Vocabulary::kPadding);
    CHECK(Vocabulary().number_of("<PAD>") == Vocabulary::kPadding);
}

TEST_CASE("Shakespeare: characters have DecentralizePy's numbers") {
    // Its list begins "dhlptx@"; of the characters that it holds twice, the last count.
    const std::string line = "dhlptx@\\n\\r{}" + std::string(69, ' ');
    const std::string file = leaf_file("ROMEO", 1, "[\"" + line + "\"]", R"([">"])");
    const LeafFolder folder(file, file);
    const DatasetPair data = load_dataset("shakespeare:" + folder.path().string(), 1);
    CHECK(data.train->sample_shape() == Indices{80});
    CHECK(data.train->input_ranges() == Indices{92});
    CHECK(data.train->num_classes() == 92);
    const Indices inputs = inputs_of(*data.train, 0);
    CHECK(Indices(inputs.begin(), inputs.begin() + 7) == Indices{0, 1, 2, 3, 4, 5, 6});
    CHECK(Indices(inputs.begin() + 7, inputs.begin() + 12) == Indices{62, 85, 87, 89, 13});
    CHECK(data.train->labels()[0] == 91);
    check_refused("shakespeare", R"(["short"])", R"(["a"])", "x[0]: got 5 characters, allowed 80");
    check_refused("shakespeare",
                  "[\"" + std::string(79, 'a') + "~\"]",
                  R"(["a"])",
                  "x[0]: unknown character, got 0x7e, allowed 92 known ones");
    check_refused("shakespeare",
                  "[\"" + std::string(80, 'a') + "\"]",
                  R"(["ab"])",
                  "y[0]: got 2 characters, allowed 1");
    check_refused("shakespeare", "[1]", R"(["a"])", "x[0]: not a text, got a number");
}

/// A sequence of ten words: this one, then padding.
std::string words(const std::string& text, int padding) {
    std::string all = "[" + text;
    for (int i = 0; i < padding; ++i) {
        all += R"(, "<PAD>")";
    }
    return all + "]";
}

TEST_CASE("Reddit: sequences are samples, their class the last word that follows") {
    const std::string many = words(R"("<BOS>", "the", "cat", "the", "dog")", 5);
    const std::string few = words(R"("the")", 9);
    const std::string none = words(R"("<PAD>")", 9);
    const std::string train = leaf_file(
        "u",
        2,
        "[[" + many + ", " + few + "], [" + few + "]]",
        R"([{"target_tokens": [)" + words(R"("the", "cat")", 8) + ", " + none +
            R"(], "count_tokens": 2}, {"target_tokens": [)" + words(R"("dog")", 9) + "]}]");
    const std::string test = leaf_file("v",
                                       1,
                                       "[[" + words(R"("bird", "the")", 8) + "]]",
                                       R"([{"target_tokens": [)" + words(R"("cat")", 9) + "]}]");
    const LeafFolder folder(train, test);
    const DatasetPair data = load_dataset("reddit:" + folder.path().string(), 1);
    CHECK(data.train->num_classes() == 9'999);
    CHECK(data.train->input_ranges() == Indices{9'999});
    CHECK(data.train->size() == 2);  // one sequence is followed by nothing
    CHECK(std::ranges::equal(data.train->user_offsets(), Indices{0, 2}));
    // Uses: the 4, cat 2, dog 2, <BOS> 1.
    CHECK(inputs_of(*data.train, 0) == Indices{5, 2, 3, 2, 4, 0, 0, 0, 0, 0});
    CHECK(inputs_of(*data.train, 1) == Indices{2, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    CHECK(labels_of(*data.train) == Indices{3, 4});
    CHECK(inputs_of(*data.test, 0) == Indices{1, 2, 0, 0, 0, 0, 0, 0, 0, 0});
    CHECK(labels_of(*data.test) == Indices{3});

    check_refused("reddit",
                  "[[" + words(R"("a")", 8) + "]]",
                  R"([{"target_tokens": []}])",
                  "x[0]: not a sequence, got 9 words, allowed 10");
    check_refused("reddit",
                  "[7]",
                  R"([{"target_tokens": []}])",
                  "x[0]: not a list of sequences, got a number");
    check_refused("reddit", "[[" + few + "]]", "[3]", "y[0]: has no target_tokens");
    check_refused("reddit",
                  "[[" + few + "]]",
                  R"([{"target_tokens": []}])",
                  "has 1 sequences in x and 0 in y, allowed as many in each");
}

TEST_CASE("Sent140: words of a tweet in small letters, padded") {
    const std::string train = leaf_file(
        "u",
        2,
        R"([["1", "Mon", "NO_QUERY", "u", "Good morning, GOOD day!"], [1, 2, 3, 4, "bad"]])",
        "[4, 0]");
    std::string long_text;
    for (int i = 0; i < 40; ++i) {
        long_text += "good ";
    }
    const LeafFolder folder(
        train, leaf_file("u", 1, R"([["", "", "", "", ")" + long_text + R"("]])", "[1]"));
    const DatasetPair data = load_dataset("sent140:" + folder.path().string(), 1);
    Indices expected(25, 0);
    expected[0] = expected[2] = 2;  // good, twice; then bad, day, morning
    expected[1] = 5;
    expected[3] = 4;
    CHECK(inputs_of(*data.train, 0) == expected);
    CHECK(inputs_of(*data.train, 1)[0] == 3);
    CHECK(labels_of(*data.train) == Indices{1, 0});
    CHECK(inputs_of(*data.test, 0) == Indices(25, 2));
    check_refused("sent140", R"([["text"]])", "[1]", "x[0]: not a tweet, got 1 fields, allowed 5");
    check_refused("sent140",
                  R"([[1, 2, 3, 4, "bad"]])",
                  "[2]",
                  "y[0]: label out of range, got 2, allowed 0 ... 1");
    // As deep as no function that calls itself could follow.
    const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
    check_refused("sent140",
                  R"([[1, 2, 3, 4, "bad"]])",
                  "[" + deep + "]",
                  "y[0]: label out of range, got an array, allowed 0 ... 1");
}

}  // namespace
}  // namespace murmur
