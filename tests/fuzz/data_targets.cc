#include "learning/cifar.h"
#include "learning/idx.h"
#include "learning/index_file.h"
#include "learning/learner.h"
#include "learning/movie_lens.h"
#include "learning/ppm.h"
#include "learning/text_file.h"
#include "tests/fuzz/dataset_check.h"
#include "tests/fuzz/memory_file.h"
#include "tests/fuzz/seed_files.h"
#include "tests/fuzz/targets.h"

#include <fmt/format.h>

#include <map>
#include <stdexcept>
#include <utility>

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

/// The same with two labels.
Bytes cifar100_records(std::size_t count) {
    constexpr std::size_t kRecordBytes = 3074;
    Bytes bytes(kRecordBytes * count);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<std::uint8_t>(i % kRecordBytes % 7);
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

Target idx_target() {
    constexpr std::uint32_t kImages = 0x803;
    constexpr std::uint32_t kLabels = 0x801;
    return folder_target(
        "idx",
        [](const std::filesystem::path& folder) { check_dataset(load_idx(folder)); },
        {{"train-images-idx3-ubyte", idx_file({kImages, 20, 3, 4}, 240)},
         {"train-labels-idx1-ubyte", idx_file({kLabels, 20}, 20)},
         {"t10k-images-idx3-ubyte.gz", gzip(idx_file({kImages, 10, 3, 4}, 120))},
         {"t10k-labels-idx1-ubyte.gz", gzip(idx_file({kLabels, 10}, 10))}});
}

/// Channels last, and labels that are integers with a second column.
Target colored_idx_target() {
    constexpr std::uint32_t kImages = 0x804;
    constexpr std::uint32_t kLabels = 0xc02;
    const auto labels = [](std::uint32_t count) {
        Bytes bytes = idx_file({kLabels, count, 2}, 0);
        bytes.resize(bytes.size() + 8 * count);
        return bytes;
    };
    return folder_target(
        "idx-colored",
        [](const std::filesystem::path& folder) { check_dataset(load_idx(folder)); },
        {{"train-images.idx4-ubyte", idx_file({kImages, 3, 2, 2, 3}, 36)},
         {"train-labels.idx2-int", labels(3)},
         {"t10k-images.idx4-ubyte", idx_file({kImages, 1, 2, 2, 3}, 12)},
         {"t10k-labels.idx2-int", labels(1)}});
}

/// Makes the target of one of the forms of MovieLens.
Target movie_lens_target(const std::string& name, const std::string& file, const char* ratings) {
    return folder_target(
        name,
        [](const std::filesystem::path& folder) { check_dataset(load_movie_lens(folder, 1)); },
        {{file, as_bytes(ratings)}});
}

void check_named(const std::string& spec) {
    check_dataset(load_dataset(spec, 1));
}

/// Makes the targets of data of one's own.
std::vector<Target> own_data_targets() {
    const auto array = [](const std::filesystem::path& folder, const std::string& labels) {
        check_named(fmt::format("npy:{0}/x.npy,labels={0}/{1}", folder.string(), labels));
    };
    std::vector<Target> targets;
    targets.push_back(folder_target(
        "npy",
        [array](const std::filesystem::path& folder) { array(folder, "y.npy"); },
        {{"x.npy", npy_array("<f4", "3, 2", 24)}, {"y.npy", npy_array("<i8", "3,", 24)}}));
    targets.push_back(folder_target(
        "npy-images",
        [array](const std::filesystem::path& folder) { array(folder, "y.npy"); },
        {{"x.npy", npy_array("|u1", "3, 2, 2, 3", 36)}, {"y.npy", npy_array("|u1", "3, 1", 3)}}));
    targets.push_back(file_target("csv",
                                  [](const std::string& path) { check_named("csv:" + path); },
                                  {"a,\"b, c\",kind\n1,2.5,x\n-3e4,0,\"y \"\"z\"\"\"\n",
                                   "1;2;3\r\n4;5;6\r\n",
                                   "1\t 2\t0.5\n4\t5\t6\n"}));
    targets.push_back(folder_target(
        "images",
        [](const std::filesystem::path& folder) { check_named("images:" + folder.string()); },
        {{"a/1.png", png_image(9, 7)},
         {"a/2.jpg", jpeg_image(9, 7, false)},
         {"b/1.jpeg", jpeg_image(9, 7, true)},
         {"b/2.ppm", ppm_image(9, 7)}}));
    Target text = file_target(
        "tokens",
        [](const std::string& path) { check_named("tokens:" + path + ",context=3,test=0.3"); },
        {});
    text.seeds = [] {
        const Bytes text =
            as_bytes("\xef\xbb\xbfTo be\r\n\xc3\xa9, \xe2\x82\xac \xf0\x9f\x98\x80!");
        return std::vector<Bytes>{text, gzip(text)};
    };
    targets.push_back(std::move(text));
    targets.push_back(folder_target(
        "tokens-bin",
        [](const std::filesystem::path& folder) {
            check_named("tokens:" + folder.string() + ",context=3,stride=1");
        },
        {{"train.bin", as_bytes("0123456789abcdef")}, {"val.bin", as_bytes("0123456789")}}));
    return targets;
}

/// Makes the target of plain and compressed texts.
Target text_target() {
    Target target = file_target(
        "text",
        [](const std::string& path) { check_dataset(load_text({.path = path, .length = 5})); },
        {});
    target.seeds = [] {
        const Bytes text = as_bytes("To be, or not to be: that is the question.\r\n");
        return std::vector<Bytes>{text, gzip(text)};
    };
    return target;
}

Target ppm_target() {
    Target target = file_target("ppm",
                                [](const std::string& path) {
                                    if (read_ppm("celeba", path, 4, 3).size() != 36) {
                                        throw std::logic_error("read an image of another size");
                                    }
                                },
                                {});
    target.seeds = [] {
        Bytes with_comment = ppm_image(4, 3);
        const Bytes comment = as_bytes("# made by hand\n");
        with_comment.insert(with_comment.begin() + 3, comment.begin(), comment.end());
        return std::vector<Bytes>{ppm_image(4, 3), gzip(ppm_image(4, 3)), with_comment};
    };
    return target;
}

}  // namespace

std::vector<Target> data_targets() {
    std::vector<Target> targets;
    targets.push_back(folder_target(
        "cifar10",
        [](const std::filesystem::path& folder) { check_dataset(load_cifar10(folder)); },
        {{"data_batch_1.bin", cifar10_records(2)}, {"test_batch.bin", cifar10_records(1)}}));
    targets.push_back(
        folder_target("cifar100",
                      [](const std::filesystem::path& folder) {
                          check_dataset(load_cifar100(folder, Cifar100Labels::kFine));
                      },
                      {{"train.bin", cifar100_records(2)}, {"test.bin", cifar100_records(1)}}));
    targets.push_back(idx_target());
    targets.push_back(colored_idx_target());
    targets.push_back(
        file_target("index-file",
                    [](const std::string& path) { (void)read_index_file(path, 100, 3); },
                    {"0 1 2\n3 4\n99\n", "5\n6\n7\n"}));
    targets.push_back(
        file_target("initial-parameters",
                    [](const std::string& path) { (void)read_initial_parameters(path, 4, 3); },
                    {std::string(16, 'x'), std::string(48, '\0')}));
    targets.push_back(movie_lens_target("movielens-tabs",
                                        "u.data",
                                        "1\t10\t5\t881250949\n1\t20\t3\t0\n1\t30\t1\t0\n"
                                        "7\t10\t4\t0\n7\t20\t2\t0\n"));
    targets.push_back(movie_lens_target("movielens-csv",
                                        "ratings.csv",
                                        "userId,movieId,rating,timestamp\n1,10,5.0,964982703\n"
                                        "1,20,3.5,0\n1,30,0.5,0\n2147483647,10,1e0,0\n"));
    targets.push_back(movie_lens_target("movielens-colons",
                                        "ratings.dat",
                                        "1::10::5::978300760\r\n1::20::3::0\r\n1::30::1\r\n"
                                        "7::10::4::0\r\n7::20::2::0\r\n"));
    targets.push_back(text_target());
    targets.push_back(ppm_target());
    for (Target& target : own_data_targets()) {
        targets.push_back(std::move(target));
    }
    return targets;
}

}  // namespace murmur::fuzz
