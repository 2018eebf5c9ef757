/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_PACKET_SEND_BUFFER_H
#define MURMURATION_PACKET_SEND_BUFFER_H

#include <algorithm>
#include <cstdint>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief The send buffer of a connection, which holds what an application has written until that is
 * acknowledged, and grows with the window: Linux's sk_sndbuf and sk_wmem_queued.
 *
 * What is written is collected in pieces of up to 64 KiB, or half the largest window that the
 * receiver has announced; a new one is begun only while the memory that all take is less than the
 * size of the buffer. Whoever finds it full waits until a third of it is free
 * (sk_stream_write_space()). It begins with twice the initial window, and becomes twice the
 * congestion window when somebody waits for it though the window would allow more
 * (tcp_should_expand_sndbuf()): a connection that has carried a short message has a buffer for one
 * like it, and a longer one after it waits in the application for a round-trip time.
 */
class PacketSendBuffer
{
  public:
    /** Memory of a piece beside its payload (struct sk_buff and its head). */
    static constexpr uint32_t OVERHEAD = 832;

    /**
     * @brief Construct an empty buffer.
     * @param segmentSize payload of a full segment
     * @param first its size
     * @param most the most that it becomes
     */
    PacketSendBuffer(uint32_t segmentSize, uint32_t first, uint32_t most)
        : m_segmentSize(segmentSize),
          m_most(most),
          m_size(std::min(first, most))
    {
    }

    /** @return bytes of the stream that were ever put in here */
    uint64_t GetWritten() const
    {
        return m_written;
    }

    /** @return its size */
    uint64_t GetSize() const
    {
        return m_size;
    }

    /** @return memory that is taken */
    uint64_t GetMemory() const
    {
        return m_memory;
    }

    /** @return pieces that have not been sent */
    uint32_t GetNUnsent() const
    {
        return static_cast<uint32_t>(m_unsent.size() - m_first);
    }

    /** @return payload of the first piece that has not been sent; there must be one */
    uint32_t GetFirst() const
    {
        return m_unsent[m_first];
    }

    /**
     * @brief What a piece holds at most (tcp_xmit_size_goal()).
     * @param largestWindow the largest window that was announced
     * @return bytes, of whole segments
     */
    uint32_t GetPieceSize(uint64_t largestWindow) const
    {
        constexpr uint64_t MOST = 65279; // sk_gso_max_size
        const uint64_t segments = std::min(MOST, largestWindow / 2) / m_segmentSize;
        return static_cast<uint32_t>(std::max<uint64_t>(segments, 1)) * m_segmentSize;
    }

    /**
     * @brief Fill up the last piece, or begin one if there is room.
     * @param bytes that are to be written
     * @param pieceSize what a piece holds
     * @return bytes that were taken; 0: there is no room
     */
    uint32_t Append(uint64_t bytes, uint32_t pieceSize)
    {
        if (GetNUnsent() == 0 || m_unsent.back() >= pieceSize)
        {
            if (m_memory >= m_size)
            {
                return 0;
            }
            if (GetNUnsent() == 0)
            {
                m_unsent.clear();
                m_first = 0;
            }
            m_unsent.push_back(0);
            m_memory += OVERHEAD;
        }
        const auto taken =
            static_cast<uint32_t>(std::min<uint64_t>(bytes, pieceSize - m_unsent.back()));
        m_unsent.back() += taken;
        m_memory += taken;
        m_written += taken;
        return taken;
    }

    /**
     * @brief Something from the beginning of the first piece is sent: it becomes a piece of its
     * own.
     * @param bytes no more than are in there
     */
    void Send(uint32_t bytes)
    {
        m_unsent[m_first] -= bytes;
        if (m_unsent[m_first] == 0)
        {
            ++m_first;
        }
        else
        {
            m_memory += OVERHEAD; // What is left is a piece as well.
        }
    }

    /**
     * @brief A segment is acknowledged.
     * @param bytes its payload
     * @param isLast whether it was the last one of its piece
     */
    void Free(uint32_t bytes, bool isLast)
    {
        m_memory -= bytes + (isLast ? OVERHEAD : 0);
    }

    /**
     * @brief Take something back from the end.
     * @param bytes how many, none of which has been sent
     */
    void Withdraw(uint64_t bytes)
    {
        m_written -= bytes;
        m_memory -= bytes;
        while (bytes > 0)
        {
            const auto taken = static_cast<uint32_t>(std::min<uint64_t>(bytes, m_unsent.back()));
            bytes -= taken;
            m_unsent.back() -= taken;
            if (m_unsent.back() == 0)
            {
                m_unsent.pop_back();
                m_memory -= OVERHEAD;
            }
        }
    }

    /** @return whether so much is free that somebody who waits may go on */
    bool IsWritable() const
    {
        return m_memory + m_memory / 2 <= m_size;
    }

    /**
     * @brief Grow with the congestion window (tcp_sndbuf_expand()).
     * @param segments of the window
     * @param factor how many windows: 2, and 3 with BBR
     */
    void Expand(uint32_t segments, uint32_t factor)
    {
        // A segment that is sent alone: payload and headers in memory of a power of two.
        constexpr uint64_t HEADERS = 12 + 256 + 320;
        constexpr uint64_t DESCRIPTOR = 256;
        constexpr uint32_t LEAST = 10;
        uint64_t head = 1;
        while (head < m_segmentSize + HEADERS)
        {
            head *= 2;
        }
        const uint64_t size = factor * std::max(segments, LEAST) * (head + DESCRIPTOR);
        m_size = std::max(m_size, std::min(size, m_most));
    }

  private:
    uint64_t m_segmentSize;         //!< Payload of a full segment
    uint64_t m_most;                //!< The most that it becomes (tcp_wmem[2])
    uint64_t m_size;                //!< Memory that may be taken (sk_sndbuf)
    uint64_t m_memory{0};           //!< Memory that is taken (sk_wmem_queued)
    uint64_t m_written{0};          //!< Bytes of the stream that were ever put in here
    std::vector<uint32_t> m_unsent; //!< Payload of pieces, those first that were sent
    std::size_t m_first{0};         //!< The first one that was not
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_PACKET_SEND_BUFFER_H */
