// Tables of pages beside the registries that they are about: what `--help=dataset` and its kin list
// is there, in the same words, and what models come to is what they come to.
#include "emulator/base/quantity.h"
#include "learning/datasets.h"
#include "learning/models/model.h"
#include "learning/partition.h"
#include "tests/support/doctest.h"
#include "tests/support/page_tables.h"
#include "tests/support/tensor_dataset.h"
#include "tools/text/registry.h"
#include "topologies/overlays.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace murmur {
namespace {

/// A text as a cell of a table has it.
std::string cell(std::string text) {
    for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) {
        text.insert(at, 1, '\\');
    }
    return text;
}

/// What holds of an option where it is not given.
std::string default_of(const OptionForm& form) {
    if (form.is_required) {
        return "must be given";
    }
    return form.fallback.empty() ? "–" : form.fallback;
}

void check_row(const std::string& page, const std::string& beginning) {
    CHECK_MESSAGE(page.find("\n" + beginning) != std::string::npos,
                  "the page must have a row that begins: " << beginning);
}

/// Each choice has a row that begins with how it is written and what it is.
void check_choices(const std::string& page, const ChoiceList& choices) {
    for (const ChoiceText& choice : choices.texts()) {
        check_row(page, fmt::format("| `{}` | {} | ", cell(choice.syntax()), cell(choice.help)));
    }
}

TEST_CASE("docs/data-and-models.md has every key of every dataset, its default and its meaning") {
    const std::string page = test::read_page("data-and-models.md");
    std::size_t keys = 0;
    for (const ChoiceText& choice : datasets().texts()) {
        for (const OptionForm& form : choice.options) {
            check_row(page,
                      fmt::format("| `{}` | `{}` | {} | {} | ",
                                  choice.name,
                                  form.key,
                                  default_of(form),
                                  cell(form.help)));
            ++keys;
        }
    }
    CHECK(test::row_names(test::section_of(page, "Keys of each dataset")).size() == keys);
}

TEST_CASE("docs/data-and-models.md has every partition and every model") {
    const std::string page = test::read_page("data-and-models.md");
    check_choices(page, partitions());
    check_choices(page, models());
    CHECK(test::row_names(test::section_of(page, "Partitions")).size() ==
          partitions().texts().size());
}

TEST_CASE("docs/topologies.md has every overlay, and every key of them") {
    const std::string page = test::read_page("topologies.md");
    check_choices(page, overlays());
    for (const ChoiceText& choice : overlays().texts()) {
        for (const OptionForm& form : choice.options) {
            check_row(page,
                      fmt::format("| `{}` | `{}` | {} |", choice.name, form.key, cell(form.help)));
        }
    }
}

std::string with_thousands(std::int64_t number) {
    std::string text = std::to_string(number);
    for (std::ptrdiff_t at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) {
        text.insert(static_cast<std::size_t>(at), 1, ',');
    }
    return text;
}

TEST_CASE("docs/data-and-models.md has what models come to") {
    const auto images = [](std::int64_t channels, std::int64_t side, std::int64_t classes) {
        return test::random_classification(2, {channels, side, side}, classes, 1);
    };
    const std::vector<std::pair<std::string, DatasetPair>> cases{
        {"gn-lenet", images(3, 32, 10)},
        {"cifar-cnn", images(3, 32, 10)},
        {"resnet-8", images(3, 32, 10)},
        {"softmax", images(3, 32, 10)},
        {"mlp:64", images(3, 32, 10)},
        {"mlp:128-64", images(3, 32, 10)},
        {"femnist-cnn", images(1, 28, 62)},
        {"resnet-18", images(1, 28, 62)},
        {"celeba-cnn", images(3, 84, 2)},
        {"stacked-lstm", test::random_sequences(2, 80, 92, 1)},
        {"reddit-rnn", test::random_sequences(2, 10, 9'999, 1)},
        {"matrix-factorization", test::random_ratings(2, 943, 1'682, 1)},
        {"linear", load_dataset("least-squares:samples=20", 1)}};
    const std::string page = test::read_page("data-and-models.md");
    for (const auto& [name, data] : cases) {
        CAPTURE(name);
        const auto model = make_model(name, *data.train);
        std::int64_t buffers = 0;
        for (const ParameterTensor& tensor : model->parameter_tensors()) {
            buffers += tensor.is_buffer ? tensor.size() : 0;
        }
        const std::string end = fmt::format(" | {} | {} |\n",
                                            with_thousands(model->num_parameters() - buffers),
                                            with_thousands(buffers));
        // The cell between says in words what the data are.
        const std::size_t row = page.find(fmt::format("\n| `{}` | ", name),
                                          page.find("| `--model` | data | parameters |"));
        REQUIRE(row != std::string::npos);
        const std::string line = page.substr(row + 1, page.find('\n', row + 1) - row);
        CHECK_MESSAGE(line.ends_with(end), line << " must end with" << end);
    }
    // Of a GPT by its formula: V C + T C + L (12 C^2 + 13 C) + 2 C with 65 tokens and 128 of
    // context.
    constexpr std::int64_t kGpt = 65 * 128 + 128 * 128 + 4 * (12 * 128 * 128 + 13 * 128) + 2 * 128;
    check_row(page, fmt::format("| `gpt` | 128 tokens of 65 | {} | 0 |", with_thousands(kGpt)));
}

TEST_CASE("docs/distributions.md has every form, and its examples are read") {
    const std::string page = test::read_page("distributions.md");
    const std::vector<std::string> forms = test::row_names(page);
    for (const char* form : {"VALUE",
                             "uniform:LOW:HIGH",
                             "loguniform:LOW:HIGH",
                             "lognormal:MEDIAN:SIGMA",
                             "choice:A:B[:...]",
                             "file:PATH",
                             "first:COUNT:WHAT,rest:WHAT"}) {
        CAPTURE(form);
        CHECK(std::ranges::find(forms, form) != forms.end());
        // They are those of the message about a wrong one.
        try {
            const Distribution wrong("rate", "bogus:1Mbps", parse_rate);
            FAIL("it is refused");
        } catch (const std::invalid_argument& error) {
            CHECK(std::string(error.what()).find(form) != std::string::npos);
        }
    }
    // The second cell of each row of the table of forms is an example, a rate.
    const std::size_t table = page.find("| form | example, a rate |");
    REQUIRE(table != std::string::npos);
    int examples = 0;
    for (std::size_t at = table; (at = page.find("` | `", at)) != std::string::npos; ++at) {
        const std::size_t begin = at + std::string_view("` | `").size();
        const std::string example = page.substr(begin, page.find('`', begin) - begin);
        CAPTURE(example);
        if (!example.starts_with("file:")) {
            CHECK_NOTHROW(Distribution("rate", example, parse_rate));
        }
        ++examples;
    }
    CHECK(examples == 8);
}

}  // namespace
}  // namespace murmur
