#include "learning/leaf.h"
#include "tests/fuzz/dataset_check.h"
#include "tests/fuzz/memory_file.h"
#include "tests/fuzz/seed_files.h"
#include "tests/fuzz/targets.h"

#include <fmt/format.h>

#include <map>
#include <string>

namespace murmur::fuzz {
namespace {

/// Returns a LEAF file of two users with one sample each, and a key that LEAF does not define.
std::string leaf_file(const std::string& x, const std::string& y) {
    return fmt::format(
        R"({{"users":["a","b"],"hierarchies":[null,{{"k":[1.5e3,true]}}],"num_samples":[1,1],)"
        R"("user_data":{{"a":{{"x":[{0}],"y":[{1}]}},"b":{{"y":[{1}],"x":[{0}],"raw":"-"}}}}}})",
        x,
        y);
}

/// Makes the target of a LEAF dataset from a sample's x and y.
Target leaf_target(const std::string& name,
                   DatasetPair (*load)(const std::filesystem::path&, std::uint64_t),
                   const std::string& x,
                   const std::string& y,
                   std::map<std::string, Bytes> others = {}) {
    std::map<std::string, Bytes> contents = std::move(others);
    contents["train/data.json"] = as_bytes(leaf_file(x, y));
    contents["test/data.json"] = as_bytes(leaf_file(x, y));
    return folder_target(
        name,
        [load](const std::filesystem::path& folder) { check_dataset(load(folder, 1)); },
        contents);
}

std::string gray_image() {
    std::string pixels = "0.0039215686274509803";
    for (int i = 1; i < 28 * 28; ++i) {
        pixels += i % 7 == 0 ? ",1" : ",0";
    }
    return "[" + pixels + "]";
}

constexpr const char* kWords = R"(["the","cat","<PAD>","sat","on","the","mat","<PAD>","x","y"])";

}  // namespace

std::vector<Target> leaf_targets() {
    std::vector<Target> targets;
    targets.push_back(leaf_target("femnist", load_femnist, gray_image(), "61"));
    targets.push_back(leaf_target("celeba",
                                  load_celeba,
                                  R"("000001.jpg")",
                                  "1",
                                  {{"images/000001.ppm", gzip(ppm_image(84, 84))}}));
    targets.push_back(leaf_target(
        "shakespeare", load_shakespeare, '"' + std::string(78, 'a') + R"(\n!")", R"("T")"));
    targets.push_back(leaf_target("reddit",
                                  load_reddit,
                                  fmt::format("[{},{}]", kWords, kWords),
                                  fmt::format(R"({{"target_tokens":[{},{}]}})", kWords, kWords)));
    targets.push_back(leaf_target("sent140",
                                  load_sent140,
                                  R"(["1","Mon","NO_QUERY","user","Good morning, world :) 2u"])",
                                  "4"));
    return targets;
}

}  // namespace murmur::fuzz
