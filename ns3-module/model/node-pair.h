/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_NODE_PAIR_H
#define MURMURATION_NODE_PAIR_H

#include <cstdint>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief One number for an ordered pair of nodes, to look things up by.
 * @param from the sending node
 * @param to the receiving node
 * @return the key
 */
constexpr uint64_t
NodePairKey(uint32_t from, uint32_t to)
{
    return (uint64_t{from} << 32) | to;
}

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_NODE_PAIR_H */
