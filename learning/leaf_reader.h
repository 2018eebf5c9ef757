#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

/// Takes the samples of a LEAF file, one after the other, as the file is read.  What it throws as
/// std::invalid_argument is reported with the file and the user.
class LeafVisitor {
  public:
    virtual ~LeafVisitor() = default;

    /// Takes one element of the user's "x" and of the user's "y".  All of one come before the
    /// first of the other.
    virtual void on_x(const nlohmann::json& x) = 0;
    virtual void on_y(const nlohmann::json& y) = 0;
    /// The user's samples are complete, `samples` of each.
    virtual void on_user_end(std::int64_t samples) = 0;
};

/// Reads all files `*.json` of a folder, in the order of their names, in the format of LEAF
/// [Caldas, 2018]: `users` and `num_samples` name each user once, and `user_data` holds for each of
/// them arrays `x` and `y` of that length.  Streams: beside what the visitor keeps, memory holds
/// one sample and the names of the users, which it returns in the order in which the visitor met
/// them.
/// @throws std::invalid_argument  "dataset name: file: ..." on a folder without such files, JSON
///                                that is damaged or has another structure, a user given twice,
///                                and counts that do not match
/// - [Caldas, 2018] S. Caldas et al. LEAF: A Benchmark for Federated Settings. arXiv:1812.01097.
std::vector<std::string> read_leaf_folder(std::string_view dataset_name,
                                          const std::filesystem::path& folder,
                                          LeafVisitor& visitor);

}  // namespace murmur
