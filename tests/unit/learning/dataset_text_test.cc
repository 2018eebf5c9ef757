#include "learning/text_file.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/learning/data_files.h"

#include <stdexcept>
#include <string>
#include <vector>

namespace murmur {
namespace {

using test::TemporaryFolder;
using Indices = std::vector<std::int64_t>;

Indices inputs_of(const Dataset& data, std::int64_t sample) {
    const at::Tensor inputs = data.batch(std::span(&sample, 1)).inputs;
    return {inputs.data_ptr<std::int64_t>(), inputs.data_ptr<std::int64_t>() + inputs.numel()};
}

TEST_CASE("a text is cut into windows, each followed by its class") {
    const TemporaryFolder folder;
    const std::string path = folder.write("text", "abcabdabcz");
    const DatasetPair data = load_dataset("text:" + path + ",length=3", 1);
    // abc->a, abd->a, abc->z; the last is the test set.  Characters: a b c d z.
    CHECK(data.train->size() == 2);
    CHECK(data.test->size() == 1);
    CHECK(data.train->num_classes() == 5);
    CHECK(data.train->input_ranges() == Indices{5});
    CHECK(data.train->sample_shape() == Indices{3});
    CHECK(inputs_of(*data.train, 1) == Indices{0, 1, 3});
    CHECK(data.train->labels()[1] == 0);
    CHECK(inputs_of(*data.test, 0) == Indices{0, 1, 2});
    CHECK(data.test->labels()[0] == 4);
    const DatasetPair dense = load_dataset("text:" + path + ",length=3,stride=1", 1);
    CHECK(dense.train->size() + dense.test->size() == 7);
    CHECK(inputs_of(*dense.train, 2) == Indices{2, 0, 1});
    CHECK(dense.train->labels()[2] == 3);
}

TEST_CASE("the line ends of a text are those of no system") {
    const TemporaryFolder folder;
    const auto samples = [&](const std::string& content) {
        const DatasetPair data =
            load_dataset("text:" + folder.write("text", content) + ",length=2,stride=1", 1);
        std::vector<Indices> all{data.train->input_ranges()};
        for (std::int64_t i = 0; i < data.train->size(); ++i) {
            all.push_back(inputs_of(*data.train, i));
        }
        return all;
    };
    const auto unix_ends = samples("ab\ncd\n\nef\ngh");
    CHECK(samples("ab\r\ncd\r\n\r\nef\r\ngh") == unix_ends);
    CHECK(samples("ab\rcd\r\ref\rgh") == unix_ends);
    CHECK(unix_ends.front() == Indices{9});
}

TEST_CASE("bytes of any value are characters") {
    const TemporaryFolder folder;
    const std::string path = folder.write("text", std::string("\xff\0\x80\0", 4));
    const DatasetPair data = load_dataset("text:" + path + ",length=1", 1);
    CHECK(data.train->num_classes() == 3);
    CHECK(inputs_of(*data.train, 0) == Indices{2});
    CHECK(data.train->labels()[0] == 0);
}

TEST_CASE("texts that cannot be used are refused") {
    const TemporaryFolder folder;
    const std::string path = folder.write("text", std::string(160, 'a'));
    const auto refuse = [](const std::string& spec, const std::string& message) {
        CHECK_THROWS_WITH_AS(static_cast<void>(load_dataset(spec, 1)),
                             ("dataset text: " + message).c_str(),
                             std::invalid_argument);
    };
    refuse("text:" + path,
           path +
               ": too short, got 160 characters, allowed 161 and more for a training and a test "
               "sample");
    refuse("text", "the file is missing, allowed text:FILE[,length=80,stride=N]");
    refuse("text:/nowhere", "/nowhere: no such file");
    refuse("text:" + path + ",length=0",
           "length: not a whole number in range, got '0', allowed 1 ... 100000");
    refuse("text:" + path + ",step=1", "unknown option, got 'step', allowed keys: length, stride");
}

TEST_CASE("real data: Shakespeare's plays") {
    if (const auto path = testing::shared_data("tinyshakespeare.txt")) {
        const DatasetPair data = load_dataset("text:" + path->string(), 1);
        CHECK(data.train->num_classes() == 65);
        CHECK(data.train->size() + data.test->size() == 13'942);
    }
}

}  // namespace
}  // namespace murmur
