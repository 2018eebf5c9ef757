// DeMo and SparseLoCo against their definitions, worked out here in double precision.

#include "learning/drift/drift_compressor.h"

#include "learning/codecs/bit_stream.h"
#include "learning/drift/tiles.h"
#include "learning/encoding/sparse_message.h"
#include "learning/random_stream.h"
#include "tests/support/doctest.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <numbers>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace {

using murmur::DriftCompressor;
using murmur::ParameterLayout;
using murmur::TiledTensor;
using Values = std::vector<float>;
using Message = std::shared_ptr<const murmur::EncodedModel>;

Values random_values(std::size_t size, std::uint64_t seed) {
    murmur::RandomStream stream(seed);
    Values values(size);
    for (float& value : values) {
        value = static_cast<float>(stream.normal());
    }
    return values;
}

/// The orthonormal DCT-II of [rows, columns], from its definition.
std::vector<double> dct(const std::vector<double>& x, std::size_t rows, std::size_t columns) {
    std::vector<double> y(x.size());
    const auto factor = [](std::size_t k, std::size_t i, std::size_t n) {
        const auto size = static_cast<double>(n);
        return std::sqrt((k == 0 ? 1 : 2) / size) *
               std::cos(std::numbers::pi * (static_cast<double>(i) + 0.5) * static_cast<double>(k) /
                        size);
    };
    for (std::size_t k = 0; k < rows; ++k) {
        for (std::size_t l = 0; l < columns; ++l) {
            for (std::size_t i = 0; i < rows; ++i) {
                for (std::size_t j = 0; j < columns; ++j) {
                    y[k * columns + l] +=
                        x[i * columns + j] * factor(k, i, rows) * factor(l, j, columns);
                }
            }
        }
    }
    return y;
}

const ParameterLayout kLayout{
    {.name = "conv", .shape = {4, 3, 2}},
    {.name = "mean", .shape = {3}, .is_buffer = true, .is_trained = false},
    {.name = "bias", .shape = {10}},
    {.name = "scale", .shape = {}}};
constexpr std::size_t kSize = 24 + 3 + 10 + 1;

}  // namespace

TEST_CASE("tiles: sides are the largest divisors, tensors of more dimensions become matrices") {
    const std::vector<TiledTensor> tensors = murmur::tiles_of(kLayout, kSize, 4);
    REQUIRE(tensors.size() == 3);
    CHECK(tensors[0].rows == 4);
    CHECK(tensors[0].columns == 6);
    CHECK(tensors[0].tile_rows == 4);
    CHECK(tensors[0].tile_columns == 3);
    CHECK(tensors[0].num_tiles() == 2);
    CHECK(tensors[0].place(1, 4) == 6 + 3 + 1);  // row 1, column 1 of the right tile
    CHECK(tensors[1].offset == 27);
    CHECK(tensors[1].tile_columns == 2);  // 10 has the divisors 1, 2, 5, 10
    CHECK(tensors[2].tile_size() == 1);
}

TEST_CASE("tiles: indices travel in as few bits as their tile needs, and come back") {
    for (const auto form : {murmur::IndexForm::kPacked, murmur::IndexForm::kInt64}) {
        const murmur::TileIndices tiles(murmur::tiles_of(kLayout, kSize, 4), 2, form);
        // Two tiles of 12 with 2 entries each, five of 2 with 2 each, one of 1.
        CHECK(tiles.num_entries() == 4 + 10 + 1);
        CHECK(tiles.encoded_bytes() ==
              (form == murmur::IndexForm::kPacked ? (4 * 4 + 10 * 1 + 7) / 8 : 8 * 15));
        std::vector<std::uint32_t> indices{0, 11, 3, 7, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0};
        CHECK(tiles.decode(tiles.encode(indices)) == indices);
        CHECK_THROWS_AS((void)tiles.decode(murmur::Bytes(3)), std::invalid_argument);
    }
    const murmur::TileIndices tiles(murmur::tiles_of(kLayout, kSize, 4), 2, {});
    murmur::Bytes damaged(tiles.encoded_bytes(), 0xff);
    CHECK_THROWS_WITH((void)tiles.decode(damaged),
                      "tiles: an index is out of range, got 15, allowed below 12");
}

namespace {

/// Calls `visit` for each tile of 2 x 3 of a matrix [4, 6], with the places of its values.
template <class Visit>
void for_each_tile(const Visit& visit) {
    for (std::size_t tile = 0; tile < 4; ++tile) {
        std::vector<std::size_t> places;
        for (std::size_t i = 0; i < 6; ++i) {
            places.push_back((tile / 2 * 2 + i / 3) * 6 + tile % 2 * 3 + i % 3);
        }
        visit(tile, places);
    }
}

/// The value of entry `at` of a tile whose transform is `coefficients`: its transpose, which is its
/// inverse.
double inverse_dct(const std::vector<double>& coefficients, std::size_t at) {
    std::vector<double> unit(6);
    unit[at] = 1;
    const std::vector<double> column = dct(unit, 2, 3);
    return std::inner_product(column.begin(), column.end(), coefficients.begin(), 0.0);
}

}  // namespace

TEST_CASE("demo: residual, message and step follow the definition, tile by tile") {
    const auto demo = murmur::make_demo(
        {{.name = "w", .shape = {4, 6}}}, 24, {.lr = 0.5, .decay = 0.9, .side = 3, .top_k = 2});
    const Values start(24, 0);
    const auto before = murmur::make_parameters(start);
    std::vector<Values> residuals(3, start);
    std::vector<std::vector<double>> exact(3, std::vector<double>(24));
    for (int round = 0; round < 3; ++round) {
        std::vector<Message> messages;
        // Of each tile, what was sent of a component: the sum, and how many nodes.
        std::map<std::pair<std::size_t, std::size_t>, std::pair<double, int>> sums;
        for (std::size_t node = 0; node < 3; ++node) {
            const Values after = random_values(24, 10 * node + static_cast<std::uint64_t>(round));
            for (std::size_t i = 0; i < 24; ++i) {
                exact[node][i] = 0.9 * exact[node][i] - after[i];
            }
            for_each_tile([&](std::size_t tile, const std::vector<std::size_t>& places) {
                std::vector<double> values;
                for (const std::size_t place : places) {
                    values.push_back(exact[node][place]);
                }
                const std::vector<double> coefficients = dct(values, 2, 3);
                std::vector<std::size_t> order(6);
                std::iota(order.begin(), order.end(), std::size_t{0});
                std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
                    return std::abs(coefficients[a]) > std::abs(coefficients[b]);
                });
                std::vector<double> sent(6);
                for (std::size_t kept = 0; kept < 2; ++kept) {
                    sent[order[kept]] = coefficients[order[kept]];
                    sums[{tile, order[kept]}].first += coefficients[order[kept]];
                    ++sums[{tile, order[kept]}].second;
                }
                for (std::size_t i = 0; i < 6; ++i) {
                    exact[node][places[i]] -= inverse_dct(sent, i);
                }
            });
            messages.push_back(
                demo->encode(residuals[node], *before, *murmur::make_parameters(after)));
            CHECK(messages.back()->size().total() == demo->message_size().total());
            CHECK(messages.back()->size().values == 4 * 2 * 4);
            CHECK(messages.back()->size().metadata == 16 + 3);  // 4 x 2 indices of 3 bits
            for (std::size_t i = 0; i < 24; ++i) {
                CHECK(residuals[node][i] == doctest::Approx(exact[node][i]).epsilon(1e-5));
            }
        }
        const auto stepped = demo->step(*before, *before, messages);
        for_each_tile([&](std::size_t tile, const std::vector<std::size_t>& places) {
            std::vector<double> mean(6);
            for (std::size_t k = 0; k < 6; ++k) {
                const auto [sum, count] = sums[{tile, k}];
                mean[k] = count > 0 ? sum / count : 0;
            }
            for (std::size_t i = 0; i < 6; ++i) {
                CHECK(stepped->values()[places[i]] == (inverse_dct(mean, i) > 0 ? -0.5F : 0.5F));
            }
        });
    }
}

TEST_CASE("demo: weight decay shrinks values beside the signed step") {
    const murmur::ParameterLayout layout{{.name = "w", .shape = {4, 6}}};
    const Values start = random_values(24, 1);
    const auto before = murmur::make_parameters(start);
    const auto stepped = [&](double weight_decay) {
        const auto demo = murmur::make_demo(
            layout, 24, {.lr = 0.5, .weight_decay = weight_decay, .side = 3, .top_k = 2});
        Values residual(24, 0);
        const auto after = murmur::make_parameters(random_values(24, 2));
        return demo->step(*before, *before, std::vector{demo->encode(residual, *before, *after)});
    };
    const auto plain = stepped(0);
    const auto decayed = stepped(0.25);
    for (std::size_t i = 0; i < 24; ++i) {
        CHECK(plain->values()[i] - decayed->values()[i] ==
              doctest::Approx(0.5 * 0.25 * start[i]).epsilon(1e-5));
    }
}

TEST_CASE("demo: of equal components those of the lowest index are kept") {
    const auto demo = murmur::make_demo({{.name = "w", .shape = {4}}}, 4, {.side = 1, .top_k = 1});
    // Tiles of one value are their own transform.
    const auto two = murmur::make_demo({{.name = "w", .shape = {2}}}, 2, {.side = 2, .top_k = 1});
    Values residual(2);
    const auto zero = murmur::make_parameters(Values{0, 0});
    const auto impulse = murmur::make_parameters(Values{-1, 0});  // both components are 1/sqrt(2)
    (void)two->encode(residual, *zero, *impulse);
    CHECK(residual[0] == doctest::Approx(0.5));  // the constant one, index 0, has left
    CHECK(residual[1] == doctest::Approx(-0.5));
    CHECK(demo->message_size().values == 16);
}

TEST_CASE("compressors keep buffers as each worker has them") {
    for (const auto& compressor :
         {murmur::make_demo(kLayout, kSize, {}), murmur::make_sparse_loco(kLayout, kSize, {})}) {
        const auto before = murmur::make_parameters(Values(kSize, 0));
        const auto after = murmur::make_parameters(random_values(kSize, 5));
        Values residual(kSize);
        const std::vector<Message> messages{compressor->encode(residual, *before, *after)};
        const auto stepped = compressor->step(*before, *after, messages);
        for (std::size_t i = 24; i < 27; ++i) {
            CHECK(stepped->values()[i] == after->values()[i]);
            CHECK(residual[i] == 0);
        }
    }
}

TEST_CASE("sparseloco: what is sent and what stays add up; everything kept in 8 bits is a mean") {
    const ParameterLayout layout{{.name = "w", .shape = {8, 8}}};
    const auto loco = murmur::make_sparse_loco(
        layout, 64, {.lr = 0.5, .beta = 0.5, .side = 8, .top_k = 10, .bits = 2});
    CHECK(loco->message_size().values == 4 * 4 + 3);            // a table, 20 bits
    CHECK(loco->message_size().metadata == 16 + (60 + 7) / 8);  // 10 indices of 6 bits
    Values residual = random_values(64, 1);
    const Values earlier = residual;
    const Values after = random_values(64, 2);
    const auto zero = murmur::make_parameters(Values(64, 0));
    const std::vector<Message> one{loco->encode(residual, *zero, *murmur::make_parameters(after))};
    const auto stepped = loco->step(*zero, *zero, one);
    std::size_t sent = 0;
    for (std::size_t i = 0; i < 64; ++i) {
        const double whole = 0.5 * earlier[i] - after[i];
        CHECK(residual[i] - stepped->values()[i] / 0.5 == doctest::Approx(whole).epsilon(1e-5));
        sent += stepped->values()[i] != 0 ? 1 : 0;
    }
    CHECK(sent <= 10);
    CHECK(sent >= 5);
    // The largest magnitudes have left.
    double least = 1e9;
    double most = 0;
    for (std::size_t i = 0; i < 64; ++i) {
        const double whole = std::abs(0.5 * earlier[i] - after[i]);
        if (stepped->values()[i] != 0) {
            least = std::min(least, whole);
        } else {
            most = std::max(most, whole);
        }
    }
    CHECK(least >= most);
}

// Expectation: by NumPy in double, of values v with n = 2^bits bins of width 6 std(v, ddof=1) / n:
// codes clip(round((v - mean(v)) / width) + n / 2, 0, n - 1), and the mean of the values of each.
TEST_CASE("sparseloco: values become the means of bins of six deviations") {
    struct Case {
        unsigned bits;
        Values values;
        std::vector<std::uint32_t> codes;
        Values means;
    };
    const Values near{8, -6, 5, -3, 2, -1, 1, 0.5F, -0.25F, 12};
    // With a value more than three deviations away, which falls into the last bin on its side.
    const Values far{8, -6, 5, -3, 2, -1, 1, 1.0625F, -40, 6, 3, 7};
    constexpr float kMost = 2.09659091F;  // of all but -40
    constexpr float kFew = 1.20833333F;
    const std::vector<Case> cases{
        {1,
         far,
         {1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1},
         {kMost, kMost, kMost, kMost, kMost, kMost, kMost, kMost, -40, kMost, kMost, kMost}},
        {2,
         near,
         {3, 1, 2, 1, 2, 2, 2, 2, 2, 3},
         {10, -4.5F, kFew, -4.5F, kFew, kFew, kFew, kFew, kFew, 10}},
        {2,
         far,
         {2, 2, 2, 2, 2, 2, 2, 2, 0, 2, 2, 2},
         {kMost, kMost, kMost, kMost, kMost, kMost, kMost, kMost, -40, kMost, kMost, kMost}},
        {8, near, {178, 65, 154, 89, 129, 105, 121, 117, 111, 210}, near},
        {8,
         far,
         {159, 113, 149, 123, 139, 129, 136, 136, 0, 153, 143, 156},
         {8, -6, 5, -3, 2, -1, 1.03125F, 1.03125F, -40, 6, 3, 7}}};
    for (const auto& [bits, values, codes, means] : cases) {
        CAPTURE(bits);
        CAPTURE(values.size());
        const std::size_t size = values.size();
        const auto loco =
            murmur::make_sparse_loco({{.name = "w", .shape = {static_cast<std::int64_t>(size)}}},
                                     size,
                                     {.side = size, .top_k = size, .bits = bits});
        Values after = values;
        for (float& value : after) {
            value = -value;
        }
        const auto zero = murmur::make_parameters(Values(size, 0));
        Values residual(size);
        const std::vector<Message> one{
            loco->encode(residual, *zero, *murmur::make_parameters(after))};
        const auto stepped = loco->step(*zero, *zero, one);
        const auto& bytes = dynamic_cast<const murmur::SparseMessage&>(*one.front()).values;
        murmur::BitReader reader(
            "test", std::span<const std::uint8_t>(bytes).subspan(sizeof(float) << bits));
        for (std::size_t i = 0; i < size; ++i) {
            CHECK(reader.get(bits) == codes[i]);
            CHECK(-stepped->values()[i] == doctest::Approx(means[i]).epsilon(1e-6));
            CHECK(std::abs(residual[i] - (values[i] - means[i])) < 1e-5);
        }
    }
}

TEST_CASE("sparseloco: the mean is over all workers, or over those that have sent an entry") {
    const ParameterLayout layout{{.name = "w", .shape = {2}}};
    const auto zero = murmur::make_parameters(Values{0, 0});
    for (const bool senders : {false, true}) {
        const auto loco = murmur::make_sparse_loco(
            layout, 2, {.side = 2, .top_k = 1, .averages_senders = senders});
        Values residual(2);
        Values other(2);
        const std::vector<Message> two{
            loco->encode(residual, *zero, *murmur::make_parameters(Values{-4, 0})),
            loco->encode(other, *zero, *murmur::make_parameters(Values{0, -2}))};
        const auto stepped = loco->step(*zero, *zero, two);
        CHECK(stepped->values()[0] == (senders ? -4 : -2));
        CHECK(stepped->values()[1] == (senders ? -2 : -1));
    }
}
