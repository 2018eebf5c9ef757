#include "learning/leaf_reader.h"

#include "learning/data_file.h"
#include "learning/text_lines.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

namespace murmur {
namespace {

using nlohmann::json;

/// Where in a file the parser is.
enum class Place {
    kStart,       ///< before the outermost brace
    kTop,         ///< {"users": ..., "num_samples": ..., "user_data": ...}
    kUsers,       ///< ["name", ...]
    kNumSamples,  ///< [7, ...]
    kUserData,    ///< {"name": {...}, ...}
    kUser,        ///< {"x": [...], "y": [...]}
    kSamples,     ///< [sample, ...], of x or y
    kEnd,
};

/// Puts together one value out of the parser's events.
class ValueBuilder {
  public:
    [[nodiscard]] bool is_open() const { return !open_.empty(); }
    [[nodiscard]] const json& value() const { return value_; }

    void set_key(std::string& key) { key_ = std::move(key); }
    void add(json value) { (void)place(std::move(value)); }
    void begin(json container) { open_.push_back(place(std::move(container))); }
    void end() { open_.pop_back(); }

  private:
    json* place(json value) {
        if (open_.empty()) {
            value_ = std::move(value);
            return &value_;
        }
        json& parent = *open_.back();
        if (parent.is_array()) {
            parent.push_back(std::move(value));
            return &parent.back();
        }
        return &(parent[key_] = std::move(value));
    }

    json value_;
    std::vector<json*> open_;  // containers begun, from the outermost
    std::string key_;
};

/// Follows the structure of a LEAF file through the parser's events.  Values that belong to
/// samples, and those under keys that LEAF does not define, are built and handed on as a whole.
class LeafHandler final : public nlohmann::json_sax<json> {
  public:
    LeafHandler(std::string where, LeafVisitor& visitor)
        : where_(std::move(where)), visitor_(visitor) {}

    bool null() override { return scalar(nullptr); }
    bool boolean(bool value) override { return scalar(value); }
    bool number_integer(number_integer_t value) override { return scalar(value); }
    bool number_unsigned(number_unsigned_t value) override { return scalar(value); }
    bool number_float(number_float_t value, const string_t&) override { return scalar(value); }
    bool string(string_t& value) override { return scalar(std::move(value)); }
    bool binary(binary_t&) override { return true; }  // not in JSON text

    bool start_object(std::size_t) override {
        if (takes_whole_value()) {
            builder_.begin(json::object());
        } else if (place_ == Place::kStart) {
            place_ = Place::kTop;
        } else if (place_ == Place::kTop && key_ == "user_data") {
            place_ = Place::kUserData;
        } else if (place_ == Place::kUserData) {
            begin_user();
        } else {
            refuse("an object");
        }
        return true;
    }

    bool end_object() override {
        if (builder_.is_open()) {
            end_container();
        } else if (place_ == Place::kUser) {
            end_user();
        } else {
            place_ = place_ == Place::kUserData ? Place::kTop : Place::kEnd;
        }
        return true;
    }

    bool start_array(std::size_t) override {
        if (takes_whole_value()) {
            builder_.begin(json::array());
        } else if (place_ == Place::kTop && (key_ == "users" || key_ == "num_samples")) {
            place_ = key_ == "users" ? Place::kUsers : Place::kNumSamples;
        } else if (place_ == Place::kUser) {
            if (!counts_.emplace(key_, 0).second) {
                fail(fmt::format("'{}' is given twice", shown(key_)));
            }
            place_ = Place::kSamples;
        } else {
            refuse("an array");
        }
        return true;
    }

    bool end_array() override {
        if (builder_.is_open()) {
            end_container();
        } else {
            place_ = place_ == Place::kSamples ? Place::kUser : Place::kTop;
        }
        return true;
    }

    bool key(string_t& name) override {
        if (builder_.is_open()) {
            builder_.set_key(name);
            return true;
        }
        key_ = std::move(name);
        return true;
    }

    bool parse_error(std::size_t position,
                     const std::string&,
                     const nlohmann::detail::exception&) override {
        throw std::invalid_argument(
            fmt::format("{}: damaged or cut: no JSON at byte {}", where_, position));
    }

    /// Compares the lists of users with what there was.
    void finish() {
        user_.clear();
        if (users_.empty() || users_.size() != num_samples_.size() ||
            users_.size() != seen_.size()) {
            fail(
                fmt::format("names {} users, {} numbers of samples and the data of {} users, "
                            "allowed as many of each, and one at least",
                            users_.size(),
                            num_samples_.size(),
                            seen_.size()));
        }
        std::set<std::string_view> named;
        for (std::size_t i = 0; i < users_.size(); ++i) {
            if (!named.insert(users_[i]).second) {
                fail(fmt::format("user '{}' is named twice, allowed once", shown(users_[i])));
            }
            const auto found = seen_.find(users_[i]);
            if (found == seen_.end()) {
                fail(fmt::format("user '{}' has no data", shown(users_[i])));
            }
            if (found->second != num_samples_[i]) {
                fail(fmt::format("user '{}' has {} samples, but num_samples says {}",
                                 shown(users_[i]),
                                 found->second,
                                 num_samples_[i]));
            }
        }
    }

    /// Returns the users in the order of their data.
    [[nodiscard]] const std::vector<std::string>& users() const { return order_; }

  private:
    [[nodiscard]] bool is_in_unknown() const {
        const bool top = place_ == Place::kTop && key_ != "users" && key_ != "num_samples" &&
                         key_ != "user_data";
        return top || (place_ == Place::kUser && key_ != "x" && key_ != "y");
    }
    [[nodiscard]] bool takes_whole_value() const {
        return builder_.is_open() || place_ == Place::kSamples || is_in_unknown();
    }

    bool scalar(json value) {
        if (builder_.is_open()) {
            builder_.add(std::move(value));
        } else if (place_ == Place::kUsers && value.is_string()) {
            users_.push_back(value.get<std::string>());
        } else if (place_ == Place::kNumSamples && value.is_number_integer()) {
            num_samples_.push_back(value.get<std::int64_t>());
        } else if (takes_whole_value()) {
            builder_.add(std::move(value));
            end_value();
        } else {
            refuse(fmt::format("a {}", value.type_name()));
        }
        return true;
    }

    void end_container() {
        builder_.end();
        if (!builder_.is_open()) {
            end_value();
        }
    }

    /// A value is complete; of those under unknown keys nobody hears.
    void end_value() {
        if (place_ != Place::kSamples) {
            return;
        }
        std::int64_t& count = counts_[key_];
        try {
            key_ == "x" ? visitor_.on_x(builder_.value()) : visitor_.on_y(builder_.value());
        } catch (const std::invalid_argument& error) {
            fail(fmt::format("{}[{}]: {}", key_, count, error.what()));
        }
        ++count;
    }

    void begin_user() {
        user_ = key_;
        if (seen_.contains(user_)) {
            fail("is given twice, allowed once");
        }
        counts_.clear();
        place_ = Place::kUser;
    }

    void end_user() {
        if (!counts_.contains("x") || !counts_.contains("y") || counts_["x"] != counts_["y"]) {
            fail(fmt::format("has {} samples in x and {} in y, allowed as many in each",
                             counts_["x"],
                             counts_["y"]));
        }
        seen_[user_] = counts_["x"];
        try {
            visitor_.on_user_end(counts_["x"]);
        } catch (const std::invalid_argument& error) {
            fail(error.what());
        }
        order_.push_back(std::exchange(user_, {}));
        place_ = Place::kUserData;
    }

    [[noreturn]] void refuse(std::string_view what) const {
        const bool is_outside = place_ == Place::kStart || place_ == Place::kUserData;
        fail(fmt::format(
            "{} where LEAF has none{}", what, is_outside ? "" : fmt::format(", near '{}'", shown(key_))));
    }

    [[noreturn]] void fail(std::string_view message) const {
        throw std::invalid_argument(user_.empty()
                                        ? fmt::format("{}: {}", where_, message)
                                        : fmt::format("{}: user '{}': {}", where_, shown(user_), message));
    }

    std::string where_;
    LeafVisitor& visitor_;
    Place place_ = Place::kStart;
    std::string key_;
    std::string user_;                            // being read
    std::map<std::string, std::int64_t> counts_;  // of the user's x and y
    std::map<std::string, std::int64_t> seen_;    // users with their numbers of samples
    std::vector<std::string> order_;
    std::vector<std::string> users_;
    std::vector<std::int64_t> num_samples_;
    ValueBuilder builder_;
};

std::vector<std::filesystem::path> json_files(std::string_view dataset_name,
                                              const std::filesystem::path& folder) {
    require_folder(dataset_name, folder);
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() == ".json") {
            files.push_back(entry.path());
        }
    }
    if (files.empty()) {
        throw std::invalid_argument(
            fmt::format("dataset {}: {}: holds no .json file", dataset_name, folder.string()));
    }
    std::ranges::sort(files);
    return files;
}

}  // namespace

std::vector<std::string> read_leaf_folder(std::string_view dataset_name,
                                          const std::filesystem::path& folder,
                                          LeafVisitor& visitor) {
    std::set<std::string> known;
    std::vector<std::string> users;
    for (const std::filesystem::path& path : json_files(dataset_name, folder)) {
        const std::string where = fmt::format("dataset {}: {}", dataset_name, path.string());
        // Opening a pipe would wait for somebody who writes into it.
        if (!is_file(path)) {
            throw std::invalid_argument(where + ": cannot be opened for reading");
        }
        std::ifstream file(path, std::ios::binary);
        if (!file) {
            throw std::invalid_argument(where + ": cannot be opened for reading");
        }
        LeafHandler handler(where, visitor);
        json::sax_parse(file, &handler);
        handler.finish();
        for (const std::string& user : handler.users()) {
            if (!known.insert(user).second) {
                throw std::invalid_argument(
                    fmt::format("{}: user '{}' is in an earlier file already, allowed once",
                                where,
                                shown(user)));
            }
            users.push_back(user);
        }
    }
    return users;
}

}  // namespace murmur
