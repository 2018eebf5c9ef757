// Readers stream: what they need beside the samples is little, however large a file is.
#include "learning/leaf.h"
#include "tests/support/doctest.h"
#include "tests/support/sanitized.h"
#include "tests/unit/learning/leaf_files.h"

#include <filesystem>
#include <fstream>
#include <string>

namespace murmur {
namespace {

using testing::LeafFolder;

/// Returns a line of /proc/self/status in bytes.
double status_bytes(const std::string& key) {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        if (word == key + ":") {
            double kilobytes = 0;
            status >> kilobytes;
            return kilobytes * 1024;
        }
    }
    return 0;
}

/// Makes the peak of memory start again from here.
void forget_peak() {
    std::ofstream("/proc/self/clear_refs") << "5";
}

/// Writes a file of one user with many equal samples.
void write_large(const std::filesystem::path& path,
                 int samples,
                 const std::string& x,
                 const std::string& y) {
    std::ofstream file(path);
    file << R"({"users": ["u"], "num_samples": [)" << samples << R"(], "user_data": {"u": {"x": [)";
    for (int i = 0; i < samples; ++i) {
        file << (i == 0 ? "" : ", ") << x;
    }
    file << R"(], "y": [)";
    for (int i = 0; i < samples; ++i) {
        file << (i == 0 ? "" : ", ") << y;
    }
    file << "]}}}";
}

/// Returns by how much memory grew at most while this training file was read, per byte of it.
double growth_per_byte(const std::string& name,
                       int samples,
                       const std::string& x,
                       const std::string& y) {
    const LeafFolder folder("", "");
    write_large(folder.path() / "train/data.json", samples, x, y);
    write_large(folder.path() / "test/data.json", 1, x, y);
    forget_peak();
    const double before = status_bytes("VmRSS");
    const DatasetPair data = load_dataset(name + ":" + folder.path().string(), 1);
    CHECK(data.train->size() == samples);
    const double grown = status_bytes("VmHWM") - before;
    return grown / static_cast<double>(std::filesystem::file_size(folder.file("train/data.json")));
}

// Expectation: an image is 784 bytes in memory, at most three times that while a vector grows, and
// some 15,000 in the file; of text one byte becomes four.  Whole documents in memory would take 16
// bytes for each number and more for each text.
TEST_CASE("reading LEAF files takes memory for the samples alone") {
    if (test::leaves_out_memory("reading LEAF files takes memory for the samples alone")) {
        return;
    }
    std::string image = "[0.5019607843137255";
    for (int i = 1; i < 784; ++i) {
        image += ", 0.5019607843137255";
    }
    CHECK(growth_per_byte("femnist", 2'000, image + "]", "3") < 0.5);
    CHECK(growth_per_byte("shakespeare", 200'000, "\"" + std::string(80, 'a') + "\"", "\"b\"") < 5);
}

}  // namespace
}  // namespace murmur
