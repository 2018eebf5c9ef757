// DeMo and SparseLoCo against their definitions, worked out here in double precision.

#include "learning/drift/drift_compressor.h"
#include "learning/drift/tiles.h"
#include "learning/random_stream.h"
#include "tests/support/doctest.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
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
               std::cos(std::numbers::pi * (static_cast<double>(i) + 0.5) *
                        static_cast<double>(k) / size);
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

const ParameterLayout kLayout{{.name = "conv", .shape = {4, 3, 2}},
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

TEST_CASE("demo: residual, message and step follow the definition") {
    const ParameterLayout layout{{.name = "w", .shape = {4, 6}}};
    const auto demo = murmur::make_demo(
        layout, 24, {.lr = 0.5, .decay = 0.9, .side = 6, .top_k = 5});
    const Values start(24, 0);
    const auto before = murmur::make_parameters(start);
    std::vector<Values> residuals(3, start);
    std::vector<std::vector<double>> exact(3, std::vector<double>(24));
    for (int round = 0; round < 3; ++round) {
        std::vector<Message> messages;
        std::map<std::size_t, std::pair<double, int>> by_index;
        for (std::size_t node = 0; node < 3; ++node) {
            const Values after = random_values(24, 10 * node + static_cast<std::uint64_t>(round));
            for (std::size_t i = 0; i < 24; ++i) {
                exact[node][i] = 0.9 * exact[node][i] - after[i];
            }
            const std::vector<double> coefficients = dct(exact[node], 4, 6);
            std::vector<std::size_t> order(24);
            for (std::size_t i = 0; i < 24; ++i) {
                order[i] = i;
            }
            std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
                return std::abs(coefficients[a]) > std::abs(coefficients[b]);
            });
            // Back by the transpose: what is kept, as a combination of basis vectors.
            for (std::size_t kept = 0; kept < 5; ++kept) {
                std::vector<double> unit(24);
                for (std::size_t i = 0; i < 24; ++i) {
                    std::vector<double> e(24);
                    e[i] = 1;
                    unit[i] = dct(e, 4, 6)[order[kept]];
                }
                for (std::size_t i = 0; i < 24; ++i) {
                    exact[node][i] -= coefficients[order[kept]] * unit[i];
                }
                by_index[order[kept]].first += coefficients[order[kept]];
                ++by_index[order[kept]].second;
            }
            messages.push_back(
                demo->encode(residuals[node], *before, *murmur::make_parameters(after)));
            CHECK(messages.back()->size().total() == demo->message_size().total());
            CHECK(messages.back()->size().values == 5 * 4);
            CHECK(messages.back()->size().metadata == 16 + 4);  // 5 indices of 5 bits
            for (std::size_t i = 0; i < 24; ++i) {
                CHECK(residuals[node][i] == doctest::Approx(exact[node][i]).epsilon(1e-5));
            }
        }
        std::vector<double> mean(24);
        for (const auto& [index, sum] : by_index) {
            mean[index] = sum.first / sum.second;
        }
        const auto stepped = demo->step(*before, *before, messages);
        for (std::size_t i = 0; i < 24; ++i) {
            std::vector<double> e(24);
            e[i] = 1;
            const std::vector<double> column = dct(e, 4, 6);
            double value = 0;
            for (std::size_t k = 0; k < 24; ++k) {
                value += column[k] * mean[k];
            }
            CHECK(stepped->values()[i] == (value > 0 ? -0.5F : 0.5F));
        }
    }
}

TEST_CASE("demo: of equal components those of the lowest index are kept") {
    const auto demo = murmur::make_demo({{.name = "w", .shape = {4}}}, 4, {.side = 1, .top_k = 1});
    // Tiles of one value are their own transform; with side 4 an impulse has equal magnitudes in none.
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
    for (const auto& compressor : {murmur::make_demo(kLayout, kSize, {}),
                                   murmur::make_sparse_loco(kLayout, kSize, {})}) {
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
    CHECK(loco->message_size().values == 4 * 4 + 3);         // a table, 20 bits
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
