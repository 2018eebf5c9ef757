#include "learning/leaf.h"

#include "learning/datasets.h"
#include "learning/image_dataset.h"
#include "learning/index_dataset.h"
#include "learning/json_text.h"
#include "learning/leaf_reader.h"
#include "learning/ppm.h"
#include "learning/vocabulary.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace murmur {
namespace {

using nlohmann::json;
using std::filesystem::path;

/// One half of a LEAF folder: samples by user, and the users' names.
struct LeafPart {
    std::shared_ptr<const Dataset> data;
    std::vector<std::string> users;
};

/// Returns the folder with train/ and test/: the one given, or data/ in it, as LEAF's scripts leave
/// them in the folder of each dataset.
path folder_of_parts(const path& folder) {
    const path inner = folder / "data";
    std::error_code ignored;
    return !std::filesystem::is_directory(folder / "train", ignored) &&
                   std::filesystem::is_directory(inner / "train", ignored)
               ? inner
               : folder;
}

/// Returns the test samples of each training user, by their places in the shuffled test set; empty
/// where no user has both, as after LEAF's split by users.
std::vector<std::vector<std::int64_t>> find_own_test(const LeafPart& train,
                                                     const LeafPart& test,
                                                     std::uint64_t seed) {
    std::map<std::string_view, std::size_t> training_user;
    for (std::size_t user = 0; user < train.users.size(); ++user) {
        training_user.emplace(train.users[user], user);
    }
    const std::vector<std::int64_t> places = places_when_shuffled(test.data->size(), seed);
    const std::span<const std::int64_t> offsets = test.data->user_offsets();
    std::vector<std::vector<std::int64_t>> own(train.users.size());
    bool any = false;
    for (std::size_t user = 0; user < test.users.size(); ++user) {
        const auto found = training_user.find(test.users[user]);
        if (found == training_user.end()) {
            continue;
        }
        for (std::int64_t sample = offsets[user]; sample < offsets[user + 1]; ++sample) {
            own[found->second].push_back(places[static_cast<std::size_t>(sample)]);
            any = true;
        }
        std::ranges::sort(own[found->second]);
    }
    return any ? own : std::vector<std::vector<std::int64_t>>{};
}

/// Reads train/ and test/ into what `collect` keeps, and makes a pair of it.
template <class Load>
DatasetPair load_pair(const path& given, std::uint64_t seed, Load load) {
    const path folder = folder_of_parts(given);
    LeafPart train = load(folder / "train");
    LeafPart test = load(folder / "test");
    auto own_test = find_own_test(train, test, seed);
    return {std::move(train.data),
            shuffled_dataset(std::move(test.data), seed),
            std::move(own_test)};
}

void require_samples(const char* name, const path& folder, std::size_t samples) {
    if (samples == 0) {
        throw std::invalid_argument(
            fmt::format("dataset {}: {}: holds no samples", name, folder.string()));
    }
}

std::int64_t class_of(const json& y, std::int64_t classes) {
    if (!y.is_number_integer() || y.get<std::int64_t>() < 0 || y.get<std::int64_t>() >= classes) {
        throw std::invalid_argument(
            fmt::format("label out of range, got {}, allowed 0 ... {}", brief(y), classes - 1));
    }
    return y.get<std::int64_t>();
}

const std::string& text_of(const json& value) {
    if (!value.is_string()) {
        throw std::invalid_argument(fmt::format("not a text, got a {}", value.type_name()));
    }
    return value.get_ref<const std::string&>();
}

/// Collects images; what one is in the file, a derived class knows.
class ImageCollector : public LeafVisitor {
  public:
    ImageCollector(std::array<std::int64_t, 3> shape, std::int64_t classes, PixelScale scale)
        : images_{shape, classes, {}, {}, scale, {0}} {}

    void on_y(const json& y) override {
        images_.labels.push_back(class_of(y, images_.num_classes));
    }
    void on_user_end(std::int64_t samples) override {
        images_.user_offsets.push_back(images_.user_offsets.back() + samples);
    }
    [[nodiscard]] ImageData take() { return std::move(images_); }

  protected:
    std::vector<std::uint8_t>& pixels() { return images_.pixels; }

  private:
    ImageData images_;
};

class FemnistCollector final : public ImageCollector {
  public:
    FemnistCollector() : ImageCollector({1, kSide, kSide}, 62, PixelScale::kUnit) {}

    void on_x(const json& x) override {
        if (!x.is_array() || x.size() != kSide * kSide) {
            throw std::invalid_argument(
                fmt::format("not an image, got {} values, allowed {} numbers",
                            x.is_array() ? x.size() : 0,
                            kSide * kSide));
        }
        for (const json& value : x) {
            const double gray = value.is_number() ? value.get<double>() : -1.0;
            if (!(gray >= 0 && gray <= 1)) {
                throw std::invalid_argument(
                    fmt::format("pixel out of range, got {}, allowed 0 ... 1", brief(value)));
            }
            pixels().push_back(static_cast<std::uint8_t>(std::lround(255 * gray)));
        }
    }

  private:
    static constexpr std::int64_t kSide = 28;
};

class CelebaCollector final : public ImageCollector {
  public:
    explicit CelebaCollector(path images)
        : ImageCollector({3, kSide, kSide}, 2, PixelScale::kSymmetric),
          folder_(std::move(images)) {}

    void on_x(const json& x) override {
        const path name(text_of(x));
        // A name is no way out of the folder.
        if (name.filename() != name || name.stem().empty()) {
            throw std::invalid_argument(
                fmt::format("not the name of an image, got '{}'", name.string()));
        }
        const auto image = read_ppm("celeba", folder_ / name.stem().concat(".ppm"), kSide, kSide);
        pixels().insert(pixels().end(), image.begin(), image.end());
    }

  private:
    static constexpr std::int64_t kSide = 84;
    path folder_;
};

/// Collects sequences of indices.
class SequenceCollector : public LeafVisitor {
  public:
    SequenceCollector(std::int64_t length, std::int64_t range, std::int64_t classes) {
        data_.length = length;
        data_.input_ranges = {range};
        data_.num_classes = classes;
        data_.user_offsets = {0};
    }
    void on_user_end(std::int64_t) override {
        data_.user_offsets.push_back(std::ssize(data_.labels));
    }
    [[nodiscard]] IndexData& data() { return data_; }
    [[nodiscard]] IndexData take() { return std::move(data_); }

  private:
    IndexData data_;
};

/// The characters in DecentralizePy's order; of two that are there twice the last number counts, so
/// that the embedding has as many rows.
constexpr std::string_view kShakespeareCharacters =
    "dhlptx@DHLPTX "
    "$(,048cgkoswCGKOSW[_#'/37;?bfjnrvzBFJNRVZ\"&*.26:\naeimquyAEIMQUY]!%)-159\r{{}}<>";

class ShakespeareCollector final : public SequenceCollector {
  public:
    ShakespeareCollector() : SequenceCollector(kLength, kCharacters, kCharacters) {}

    void on_x(const json& x) override {
        const std::string& text = text_of(x);
        if (text.size() != kLength) {
            throw std::invalid_argument(
                fmt::format("got {} characters, allowed {}", text.size(), kLength));
        }
        std::ranges::transform(text, std::back_inserter(data().inputs), number_of);
    }
    void on_y(const json& y) override {
        const std::string& text = text_of(y);
        if (text.size() != 1) {
            throw std::invalid_argument(fmt::format("got {} characters, allowed 1", text.size()));
        }
        data().labels.push_back(number_of(text.front()));
    }

  private:
    static constexpr std::int64_t kLength = 80;
    static constexpr std::int64_t kCharacters = kShakespeareCharacters.size();
    static_assert(kCharacters == 92);

    static std::int32_t number_of(char character) {
        const std::size_t number = kShakespeareCharacters.rfind(character);
        if (number == std::string_view::npos) {
            throw std::invalid_argument(
                fmt::format("unknown character, got {:#04x}, allowed {} known ones",
                            static_cast<unsigned char>(character),
                            kCharacters));
        }
        return static_cast<std::int32_t>(number);
    }
};

constexpr std::int64_t kWords = 9'999;

/// Collects sequences of words: those of the training set, read first, become the vocabulary.
class WordCollector : public SequenceCollector {
  public:
    WordCollector(std::int64_t length, std::int64_t classes, Vocabulary& words, bool is_training)
        : SequenceCollector(length, kWords, classes), words_(words), is_training_(is_training) {}

    /// Gives words their final numbers.
    virtual void finish() {
        if (is_training_) {
            final_numbers_ = words_.close(kWords);
            for (std::int32_t& word : data().inputs) {
                word = word < 0 ? Vocabulary::kPadding : final_numbers_[word];
            }
        }
    }

  protected:
    /// Stands for padding until `finish`.
    [[nodiscard]] std::int32_t padding() const { return is_training_ ? -1 : Vocabulary::kPadding; }
    std::int32_t number_of(const std::string& word) {
        return is_training_ ? words_.count(word) : words_.number_of(word);
    }
    [[nodiscard]] const std::vector<std::int32_t>& final_numbers() const { return final_numbers_; }

  private:
    Vocabulary& words_;
    bool is_training_;
    std::vector<std::int32_t> final_numbers_;  // of provisional ones; empty while testing
};

class RedditCollector final : public WordCollector {
  public:
    RedditCollector(Vocabulary& words, bool is_training)
        : WordCollector(kLength, kWords, words, is_training) {}

    void on_x(const json& comment) override {
        for_each_sequence(comment, [&](const json& words) {
            for (const json& word : words) {
                inputs_.push_back(number_of(text_of(word)));
            }
        });
    }
    void on_y(const json& comment) override {
        if (!comment.is_object() || !comment.contains("target_tokens")) {
            throw std::invalid_argument("has no target_tokens");
        }
        for_each_sequence(comment["target_tokens"], [&](const json& words) {
            const auto last = std::find_if(words.rbegin(), words.rend(), [](const json& word) {
                return text_of(word) != "<PAD>";
            });
            targets_.push_back(last == words.rend() ? kNothing : number_of(text_of(*last)));
        });
    }
    void on_user_end(std::int64_t samples) override {
        if (inputs_.size() != targets_.size() * kLength) {
            throw std::invalid_argument(
                fmt::format("has {} sequences in x and {} in y, allowed as many in each",
                            inputs_.size() / kLength,
                            targets_.size()));
        }
        for (std::size_t i = 0; i < targets_.size(); ++i) {
            if (targets_[i] != kNothing) {
                const auto from = inputs_.begin() + static_cast<std::ptrdiff_t>(i * kLength);
                data().inputs.insert(data().inputs.end(), from, from + kLength);
                data().labels.push_back(targets_[i]);
            }
        }
        inputs_.clear();
        targets_.clear();
        SequenceCollector::on_user_end(samples);
    }
    void finish() override {
        WordCollector::finish();
        if (!final_numbers().empty()) {
            for (std::int64_t& label : data().labels) {
                label = final_numbers()[label];
            }
        }
    }

  private:
    static constexpr std::int64_t kLength = 10;
    static constexpr std::int32_t kNothing = -1;

    template <class Visit>
    static void for_each_sequence(const json& comment, Visit visit) {
        if (!comment.is_array()) {
            throw std::invalid_argument(
                fmt::format("not a list of sequences, got a {}", comment.type_name()));
        }
        for (const json& words : comment) {
            if (!words.is_array() || words.size() != kLength) {
                throw std::invalid_argument(fmt::format("not a sequence, got {} words, allowed {}",
                                                        words.is_array() ? words.size() : 0,
                                                        kLength));
            }
            visit(words);
        }
    }

    std::vector<std::int32_t> inputs_;  // of the user
    std::vector<std::int32_t> targets_;
};

class Sent140Collector final : public WordCollector {
  public:
    Sent140Collector(Vocabulary& words, bool is_training)
        : WordCollector(kLength, 2, words, is_training) {}

    void on_x(const json& tweet) override {
        constexpr std::size_t kText = 4;
        if (!tweet.is_array() || tweet.size() <= kText) {
            throw std::invalid_argument(fmt::format("not a tweet, got {} fields, allowed 5",
                                                    tweet.is_array() ? tweet.size() : 0));
        }
        const std::size_t before = data().inputs.size();
        const std::size_t end = before + kLength;
        std::string word;
        for (const char c : text_of(tweet[kText]) + " ") {
            if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
                word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
            } else if (!word.empty() && data().inputs.size() < end) {
                data().inputs.push_back(number_of(std::exchange(word, "")));
            }
        }
        data().inputs.resize(end, padding());
    }
    void on_y(const json& y) override { data().labels.push_back(y == 4 ? 1 : class_of(y, 2)); }

  private:
    static constexpr std::int64_t kLength = 25;
};

template <class Collector>
DatasetPair load_words(const char* name, const path& folder, std::uint64_t seed) {
    Vocabulary words;
    bool is_training = true;
    return load_pair(folder, seed, [&](const path& part) {
        Collector collector(words, std::exchange(is_training, false));
        auto users = read_leaf_folder(name, part, collector);
        require_samples(name, part, collector.data().labels.size());
        collector.finish();
        return LeafPart{make_index_dataset(collector.take()), std::move(users)};
    });
}

}  // namespace

DatasetPair load_femnist(const path& folder, std::uint64_t seed) {
    return load_pair(folder, seed, [](const path& part) {
        FemnistCollector collector;
        auto users = read_leaf_folder("femnist", part, collector);
        ImageData images = collector.take();
        require_samples("femnist", part, images.labels.size());
        return LeafPart{make_image_dataset(std::move(images)), std::move(users)};
    });
}

DatasetPair load_celeba(const path& folder, std::uint64_t seed) {
    return load_pair(folder, seed, [&](const path& part) {
        CelebaCollector collector(folder_of_parts(folder) / "images");
        auto users = read_leaf_folder("celeba", part, collector);
        ImageData images = collector.take();
        require_samples("celeba", part, images.labels.size());
        return LeafPart{make_image_dataset(std::move(images)), std::move(users)};
    });
}

DatasetPair load_shakespeare(const path& folder, std::uint64_t seed) {
    return load_pair(folder, seed, [](const path& part) {
        ShakespeareCollector collector;
        auto users = read_leaf_folder("shakespeare", part, collector);
        require_samples("shakespeare", part, collector.data().labels.size());
        return LeafPart{make_index_dataset(collector.take()), std::move(users)};
    });
}

DatasetPair load_reddit(const path& folder, std::uint64_t seed) {
    return load_words<RedditCollector>("reddit", folder, seed);
}

DatasetPair load_sent140(const path& folder, std::uint64_t seed) {
    return load_words<Sent140Collector>("sent140", folder, seed);
}

void register_leaf(DatasetRegistry& registry) {
    using Load = DatasetPair (*)(const std::filesystem::path& folder, std::uint64_t test_order);
    const auto add = [&registry](const char* name, const char* help, Load load) {
        registry.add({name, help, {folder_option()}},
                     [load](const Options& options, std::uint64_t seed) {
                         return load(options.text("folder"), test_order(seed));
                     });
    };
    add("femnist", "FEMNIST of LEAF: train/*.json and test/*.json", load_femnist);
    add("shakespeare",
        "Shakespeare of LEAF: train/*.json and test/*.json; next character",
        load_shakespeare);
    add("celeba", "CelebA of LEAF: train/*.json, test/*.json, images/*.ppm of 84x84", load_celeba);
    add("reddit", "Reddit of LEAF: train/*.json and test/*.json; next word", load_reddit);
    add("sent140", "Sent140 of LEAF: train/*.json and test/*.json; mood of tweets", load_sent140);
}

}  // namespace murmur
