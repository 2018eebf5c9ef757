#include "learning/cifar10.h"
#include "learning/idx.h"
#include "learning/index_file.h"
#include "learning/learner.h"
#include "tests/fuzz/memory_file.h"
#include "tests/fuzz/targets.h"

#include <map>
#include <stdexcept>
#include <zlib.h>

namespace murmur::fuzz {
namespace {

/// Records of a label and 3 x 32 x 32 pixels.
Bytes cifar10_records(std::size_t count) {
    constexpr std::size_t kRecordBytes = 3073;
    Bytes bytes(kRecordBytes * count);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<std::uint8_t>(i % kRecordBytes == 0 ? i / kRecordBytes % 10 : i % 7);
    }
    return bytes;
}

/// Big-endian words, then bytes from 0 on, in tens.
Bytes idx_file(const std::vector<std::uint32_t>& header, std::size_t num_bytes) {
    Bytes bytes;
    for (const std::uint32_t word : header) {
        for (const unsigned shift : {24u, 16u, 8u, 0u}) {
            bytes.push_back(static_cast<std::uint8_t>(word >> shift));
        }
    }
    for (std::size_t i = 0; i < num_bytes; ++i) {
        bytes.push_back(static_cast<std::uint8_t>(i % 10));
    }
    return bytes;
}

Bytes gzip(const Bytes& content) {
    z_stream stream{};
    constexpr int kGzipWindow = 15 + 16;
    if (deflateInit2(&stream, 9, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        throw std::runtime_error("cannot start zlib");
    }
    Bytes bytes(deflateBound(&stream, content.size()));
    stream.next_in = const_cast<std::uint8_t*>(content.data());
    stream.avail_in = static_cast<unsigned>(content.size());
    stream.next_out = bytes.data();
    stream.avail_out = static_cast<unsigned>(bytes.size());
    deflate(&stream, Z_FINISH);
    bytes.resize(stream.total_out);
    deflateEnd(&stream);
    return bytes;
}

Target idx_target() {
    constexpr std::uint32_t kImages = 0x803;
    constexpr std::uint32_t kLabels = 0x801;
    return folder_target("idx",
                         [](const std::filesystem::path& folder) { (void)load_idx(folder); },
                         {{"train-images-idx3-ubyte", idx_file({kImages, 20, 3, 4}, 240)},
                          {"train-labels-idx1-ubyte", idx_file({kLabels, 20}, 20)},
                          {"t10k-images-idx3-ubyte.gz", gzip(idx_file({kImages, 10, 3, 4}, 120))},
                          {"t10k-labels-idx1-ubyte.gz", gzip(idx_file({kLabels, 10}, 10))}});
}

}  // namespace

std::vector<Target> data_targets() {
    std::vector<Target> targets;
    targets.push_back(folder_target(
        "cifar10",
        [](const std::filesystem::path& folder) { (void)load_cifar10(folder); },
        {{"data_batch_1.bin", cifar10_records(2)}, {"test_batch.bin", cifar10_records(1)}}));
    targets.push_back(idx_target());
    targets.push_back(
        file_target("index-file",
                    [](const std::string& path) { (void)read_index_file(path, 100, 3); },
                    {"0 1 2\n3 4\n99\n", "5\n6\n7\n"}));
    targets.push_back(
        file_target("initial-parameters",
                    [](const std::string& path) { (void)read_initial_parameters(path, 4, 3); },
                    {std::string(16, 'x'), std::string(48, '\0')}));
    return targets;
}

}  // namespace murmur::fuzz
