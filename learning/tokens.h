#pragma once

#include "learning/dataset.h"

#include <cstdint>
#include <string>

namespace murmur {

/// What a token of a file is.
enum class TokenKind : std::uint8_t {
    kAuto,        ///< `uint16` where the name ends in .bin, else characters
    kCharacters,  ///< of a UTF-8 text; those that occur, in ascending order
    kBytes,       ///< of any file; all 256
    kUint16,      ///< little-endian 16-bit numbers, as nanoGPT's prepare.py writes them
};

struct TokenOptions {
    std::string path;  ///< a file, or a folder with train.bin and val.bin
    TokenKind kind = TokenKind::kAuto;
    std::int64_t context = 128;   ///< tokens of a sample, each with the next one as its target
    std::int64_t stride = 0;      ///< tokens between the starts of training samples; 0: `context`
    std::int64_t vocabulary = 0;  ///< of uint16 tokens; 0: the largest that occurs, and one
    double test_share = 0.1;      ///< of the tokens of one file, its last ones
};

/// Reads a text as tokens for `next_token()`.  They are held once, as bytes or 16-bit numbers, a
/// file of uint16 tokens is mapped; a sample is a place in them.  Samples follow one another.
///
/// Of one file the last tokens are for testing, of a folder those of val.bin; no training sample
/// reaches into them.  Test samples do not overlap.
/// @throws std::invalid_argument  naming the file, on a missing or damaged one, text that is no
///                                UTF-8, a token beyond the vocabulary, and one that is too short
///                                for a training and a test sample
[[nodiscard]] DatasetPair load_tokens(const TokenOptions& options);

}  // namespace murmur
