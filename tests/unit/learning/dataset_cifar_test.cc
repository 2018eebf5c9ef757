#include "learning/cifar.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/learning/data_files.h"

#include <array>
#include <cmath>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace murmur {
namespace {

using test::TemporaryFolder;
using testing::Bytes;

constexpr std::size_t kRecord = 3073;

/// Records whose pixels follow a rule that the tests can repeat.
Bytes records(const Bytes& labels) {
    Bytes bytes;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        bytes.push_back(labels[i]);
        for (std::size_t pixel = 0; pixel + 1 < kRecord; ++pixel) {
            bytes.push_back(static_cast<std::uint8_t>(31 * i + pixel));
        }
    }
    return bytes;
}

void check_refused(const TemporaryFolder& folder, const std::string& message) {
    CHECK_THROWS_WITH_AS(
        static_cast<void>(load_cifar10(folder.path())), message.c_str(), std::invalid_argument);
}

TEST_CASE("CIFAR-10 batches are read in order, as far as present") {
    const TemporaryFolder folder;
    folder.write("data_batch_2.bin", records({3, 9, 0}));
    folder.write("data_batch_5.bin", records({7}));
    folder.write("test_batch.bin", records({1, 2}));
    const DatasetPair data = load_cifar10(folder.path());
    CHECK(data.train->size() == 4);
    CHECK(data.test->size() == 2);
    CHECK(data.train->goal() == classification());
    CHECK(data.train->num_classes() == 10);
    CHECK(data.train->sample_shape() == std::vector<std::int64_t>{3, 32, 32});
    const auto labels = data.train->labels();
    CHECK(std::vector<std::int64_t>(labels.begin(), labels.end()) ==
          std::vector<std::int64_t>{3, 9, 0, 7});
}

TEST_CASE("a batch holds the samples asked for, in that order, scaled to [-1, 1]") {
    const TemporaryFolder folder;
    folder.write("data_batch_1.bin", records({3, 9, 0}));
    folder.write("test_batch.bin", records({1}));
    const DatasetPair data = load_cifar10(folder.path());
    const std::array<std::int64_t, 3> indices = {2, 0, 2};
    const Batch batch = data.train->batch(indices);
    REQUIRE(batch.inputs.sizes().vec() == std::vector<std::int64_t>{3, 3, 32, 32});
    REQUIRE((batch.inputs.scalar_type() == at::kFloat));
    REQUIRE(batch.targets.sizes().vec() == std::vector<std::int64_t>{3});
    REQUIRE((batch.targets.scalar_type() == at::kLong));
    const std::int64_t* targets = batch.targets.data_ptr<std::int64_t>();
    CHECK(std::vector<std::int64_t>(targets, targets + 3) == std::vector<std::int64_t>{0, 3, 0});
    const float* inputs = batch.inputs.data_ptr<float>();
    bool all_equal = true;
    for (const std::int64_t index : indices) {
        for (std::size_t pixel = 0; pixel + 1 < kRecord; ++pixel) {
            const auto byte = static_cast<std::uint8_t>(31 * index + pixel);
            const float expected = static_cast<float>(byte) / 127.5f - 1.0f;
            all_equal = all_equal && std::abs(*inputs++ - expected) < 1e-6f;
        }
    }
    CHECK(all_equal);
}

TEST_CASE("black is exactly -1 and white exactly 1") {
    const TemporaryFolder folder;
    Bytes bytes = records({0});
    bytes[1] = 0;
    bytes[2] = 255;
    folder.write("data_batch_1.bin", bytes);
    folder.write("test_batch.bin", bytes);
    const std::int64_t first = 0;
    const Batch batch = load_cifar10(folder.path()).test->batch(std::span(&first, 1));
    CHECK(batch.inputs.data_ptr<float>()[0] == -1.0f);
    CHECK(batch.inputs.data_ptr<float>()[1] == 1.0f);
}

TEST_CASE("an empty batch has the shape of none") {
    const TemporaryFolder folder;
    folder.write("data_batch_1.bin", records({0}));
    folder.write("test_batch.bin", records({0}));
    const Batch batch = load_cifar10(folder.path()).train->batch({});
    CHECK(batch.inputs.sizes().vec() == std::vector<std::int64_t>{0, 3, 32, 32});
    CHECK(batch.targets.size(0) == 0);
}

TEST_CASE("many threads gather from one dataset at once") {
    const TemporaryFolder folder;
    folder.write("data_batch_1.bin", records(Bytes(50, 4)));
    folder.write("test_batch.bin", records({0}));
    const DatasetPair data = load_cifar10(folder.path());
    std::array<bool, 4> is_right{};
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < is_right.size(); ++t) {
        threads.emplace_back([&, t] {
            is_right[t] = true;
            for (int repeat = 0; repeat < 200; ++repeat) {
                const auto index = static_cast<std::int64_t>((t * 7 + repeat) % 50);
                const Batch batch = data.train->batch(std::span(&index, 1));
                const auto byte = static_cast<std::uint8_t>(31 * index);
                const float expected = static_cast<float>(2 * byte - 255) * (1.0f / 255.0f);
                is_right[t] = is_right[t] && batch.inputs.data_ptr<float>()[0] == expected;
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    CHECK(is_right == std::array<bool, 4>{true, true, true, true});
}

TEST_CASE("CIFAR-10 is found in the folder that its archive unpacks to") {
    const TemporaryFolder folder;
    const auto inner = folder.path() / "cifar-10-batches-bin";
    std::filesystem::create_directory(inner);
    folder.write("cifar-10-batches-bin/data_batch_1.bin", records({3}));
    folder.write("cifar-10-batches-bin/test_batch.bin", records({1}));
    CHECK(load_cifar10(folder.path()).train->labels()[0] == 3);
}

/// A file of CIFAR-10's Python version, as Python 2 wrote the published ones: opcode by opcode,
/// since no Python 3 writes them.
Bytes python_2_batch(const Bytes& labels, std::uint8_t fill) {
    using namespace std::literals;
    std::string text(
        "\x80\x02}q\x01(U\x0b"
        "batch_labelq\x02U\x05"
        "batchq\x03U\x06labelsq\x04]q\x05("sv);
    for (const std::uint8_t label : labels) {
        text += 'K';
        text += static_cast<char>(label);
    }
    text +=
        "eU\x04"
        "dataq\x06"
        "cnumpy.core.multiarray\n_reconstruct\nq\x07"
        "cnumpy\nndarray\nq\x08K\x00\x85q\tU\x01"
        "b\x87q\nRq\x0b(K\x01K"sv;
    text += static_cast<char>(labels.size());
    text +=
        "M\x00\x0c\x86"
        "cnumpy\ndtype\nq\x0cU\x02u1K\x00K\x01\x87Rq\r(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T"sv;
    const auto size = static_cast<std::uint32_t>(labels.size() * (kRecord - 1));
    for (int byte = 0; byte < 4; ++byte) {
        text += static_cast<char>((size >> (8 * byte)) & 0xffU);
    }
    for (std::uint32_t pixel = 0; pixel < size; ++pixel) {
        text += static_cast<char>(fill + pixel / (kRecord - 1));
    }
    text += "tbu.";
    return Bytes(text.begin(), text.end());
}

TEST_CASE("CIFAR-10 is read in its Python version as well, without running what is in it") {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder.path() / "cifar-10-batches-py");
    folder.write("cifar-10-batches-py/data_batch_1", python_2_batch({3, 9}, 10));
    folder.write("cifar-10-batches-py/data_batch_4", python_2_batch({7}, 20));
    folder.write("cifar-10-batches-py/test_batch", python_2_batch({1, 0, 2}, 30));
    const DatasetPair data = load_cifar10(folder.path());
    CHECK(data.test->size() == 3);
    const auto labels = data.train->labels();
    CHECK(std::vector<std::int64_t>(labels.begin(), labels.end()) ==
          std::vector<std::int64_t>{3, 9, 7});
    const std::array<std::int64_t, 3> all = {0, 1, 2};
    const Batch batch = data.train->batch(all);
    for (int i = 0; i < 3; ++i) {
        const float expected = static_cast<float>(i == 2 ? 20 : 10 + i) / 127.5f - 1.0f;
        CHECK(std::abs(batch.inputs.data_ptr<float>()[i * 3072 + 3071] - expected) < 1e-6f);
    }
    // Not out of range, not of another length, not a program.
    folder.write("cifar-10-batches-py/data_batch_1", python_2_batch({10}, 10));
    const std::string path = (folder.path() / "cifar-10-batches-py/data_batch_1").string();
    check_refused(folder,
                  "dataset cifar10: " + path + ": image 0: label out of range, allowed 0 ... 9");
    Bytes cut = python_2_batch({1}, 10);
    cut.resize(cut.size() / 2);
    folder.write("cifar-10-batches-py/data_batch_1", cut);
    CHECK_THROWS_AS((void)load_cifar10(folder.path()), std::invalid_argument);
    const std::string evil =
        "\x80\x02"
        "cos\nsystem\nU\x04true\x85R.";
    folder.write("cifar-10-batches-py/data_batch_1", Bytes(evil.begin(), evil.end()));
    check_refused(folder,
                  "dataset cifar10: " + path + ": byte 2: os system is imported, which is not run");
}

/// Records of CIFAR-100: group, class, pixels.
Bytes records_of_100(const std::vector<std::pair<int, int>>& labels) {
    Bytes bytes;
    for (const auto& [coarse, fine] : labels) {
        bytes.push_back(static_cast<std::uint8_t>(coarse));
        bytes.push_back(static_cast<std::uint8_t>(fine));
        bytes.resize(bytes.size() + kRecord - 1, static_cast<std::uint8_t>(fine));
    }
    return bytes;
}

TEST_CASE("CIFAR-100 is read with either of its labels") {
    const TemporaryFolder folder;
    const std::string spec = "cifar100:" + folder.path().string();
    folder.write("train.bin", records_of_100({{11, 19}, {15, 29}, {19, 99}}));
    folder.write("test.bin", records_of_100({{0, 72}}));
    const DatasetPair fine = load_dataset(spec, 1);
    CHECK(describe(fine) == "3 training and 1 test samples of 3x32x32 numbers, 100 classes");
    CHECK(fine.train->labels()[2] == 99);
    CHECK(fine.test->labels()[0] == 72);
    const std::int64_t second = 1;
    CHECK(fine.train->batch(std::span(&second, 1)).inputs.data_ptr<float>()[7] ==
          doctest::Approx(29 / 127.5 - 1));
    const DatasetPair coarse = load_dataset(spec + ",labels=coarse", 1);
    CHECK(coarse.train->num_classes() == 20);
    CHECK(coarse.train->labels()[1] == 15);
    CHECK_THROWS_WITH_AS(static_cast<void>(load_dataset(spec + ",labels=both", 1)),
                         "dataset cifar100: labels: unknown, got 'both', allowed fine, coarse",
                         std::invalid_argument);
    const std::string path = folder.write("train.bin", records_of_100({{11, 100}}));
    CHECK_THROWS_WITH_AS(
        static_cast<void>(load_dataset(spec, 1)),
        ("dataset cifar100: " + path + ": record 0: label out of range, got 100, allowed 0 ... 99")
            .c_str(),
        std::invalid_argument);
}

TEST_CASE("a folder without CIFAR-10 is refused") {
    const TemporaryFolder folder;
    const std::string name = folder.path().string();
    check_refused(folder,
                  "dataset cifar10: " + name +
                      ": no training data, at least one of data_batch_1.bin ... data_batch_5.bin "
                      "must be there");
    folder.write("data_batch_1.bin", records({0}));
    check_refused(folder, "dataset cifar10: " + name + "/test_batch.bin: no such file");
    std::filesystem::create_directory(folder.path() / "test_batch.bin");
    check_refused(folder, "dataset cifar10: " + name + "/test_batch.bin: no such file");
    const std::string file = (folder.path() / "data_batch_1.bin").string();
    CHECK_THROWS_WITH(static_cast<void>(load_cifar10(file)),
                      ("dataset cifar10: not a folder, got '" + file + "'").c_str());
}

TEST_CASE("damaged CIFAR-10 files are refused with the record at fault") {
    const TemporaryFolder folder;
    folder.write("test_batch.bin", records({1}));
    Bytes bytes = records({1, 2, 3});

    bytes.pop_back();
    const std::string file = folder.write("data_batch_1.bin", bytes);
    check_refused(folder,
                  "dataset cifar10: " + file + ": record 2 is truncated, got 3072 of 3073 bytes");

    bytes = records({1, 2});
    bytes.push_back(0);
    folder.write("data_batch_1.bin", bytes);
    check_refused(folder,
                  "dataset cifar10: " + file + ": record 2 is truncated, got 1 of 3073 bytes");

    folder.write("data_batch_1.bin", records({1, 10}));
    check_refused(
        folder,
        "dataset cifar10: " + file + ": record 1: label out of range, got 10, allowed 0 ... 9");

    folder.write("data_batch_1.bin", Bytes{});
    check_refused(folder, "dataset cifar10: " + file + ": the file is empty");
}

TEST_CASE("real data: the CIFAR-10 subset is read as its bytes stand") {
    const auto folder = testing::shared_data("cifar-10-subset");
    if (!folder) {
        return;
    }
    const DatasetPair data = load_cifar10(*folder);
    const auto bytes = std::filesystem::file_size(*folder / "test_batch.bin");
    CHECK(data.test->size() == static_cast<std::int64_t>(bytes / kRecord));
    std::ifstream file(*folder / "test_batch.bin", std::ios::binary);
    std::array<char, kRecord> record{};
    std::array<std::int64_t, 10> count{};
    for (std::int64_t i = 0; i < data.test->size(); ++i) {
        file.read(record.data(), record.size());
        REQUIRE(data.test->labels()[i] == record[0]);
        ++count[record[0]];
        const Batch batch = data.test->batch(std::span(&i, 1));
        const float last = batch.inputs.data_ptr<float>()[kRecord - 2];
        REQUIRE(std::lround(last * 127.5f + 127.5f) == static_cast<std::uint8_t>(record.back()));
    }
    CHECK(*std::min_element(count.begin(), count.end()) > 0);
}

}  // namespace
}  // namespace murmur
