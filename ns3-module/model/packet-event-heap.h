/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef MURMURATION_PACKET_EVENT_HEAP_H
#define MURMURATION_PACKET_EVENT_HEAP_H

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @brief What is to happen when: a flat heap of four children a node, of 16 bytes an event.
 *
 * Events of equal time are taken in the order of the number that says what they are, not in the
 * order in which they were pushed: the order is a function of what is pending alone.
 *
 * Taking an event leaves a hole at the top, which the next push fills. Whoever is woken by an event
 * mostly has another one, so that a step through the heap costs one way down instead of a way down
 * and one up.
 */
class PacketEventHeap
{
  public:
    /** The time of what does not happen. */
    static constexpr int64_t NEVER = INT64_MAX;

    /** Something that is to happen. */
    struct Event
    {
        int64_t time;  //!< When, in ns
        uint64_t what; //!< What; its order is the order among events of one time

        /**
         * @brief Whether this one comes first.
         * @param other the other
         * @return true if it does
         */
        bool operator<(const Event& other) const
        {
            return time < other.time || (time == other.time && what < other.what);
        }
    };

    /** @return whether nothing is pending */
    bool IsEmpty() const
    {
        return m_events.size() == (m_hole ? 1U : 0U);
    }

    /** @return when the next event is; NEVER if there is none */
    int64_t GetNextTime()
    {
        Close();
        return m_events.empty() ? NEVER : m_events.front().time;
    }

    /** @return the next event; there must be one */
    const Event& GetNext()
    {
        Close();
        return m_events.front();
    }

    /**
     * @brief Add an event.
     * @param time when, in ns
     * @param what what
     */
    void Push(int64_t time, uint64_t what)
    {
        const Event event{time, what};
        if (m_hole)
        {
            m_hole = false;
            SiftDown(event);
        }
        else
        {
            m_events.push_back(event);
            SiftUp(event);
        }
    }

    /**
     * @brief Take the next event; there must be one.
     * @return the event
     */
    Event Take()
    {
        Close();
        m_hole = true;
        return m_events.front();
    }

    /**
     * @brief Visit those of which one is the next event, but for what is pushed meanwhile.
     * @param visit what to do with each
     */
    template <typename Visit>
    void VisitNext(Visit visit) const
    {
        const std::size_t end = std::min<std::size_t>(m_events.size(), 5);
        for (std::size_t child = 1; child < end; ++child)
        {
            visit(m_events[child]);
        }
    }

  private:
    /** Fill the hole with the last event, if nothing else has filled it. */
    void Close()
    {
        if (!m_hole)
        {
            return;
        }
        m_hole = false;
        const Event last = m_events.back();
        m_events.pop_back();
        if (!m_events.empty())
        {
            SiftDown(last);
        }
    }

    /**
     * @brief Find the place of an event from the last one upwards.
     * @param event the event
     */
    void SiftUp(const Event& event)
    {
        std::size_t place = m_events.size() - 1;
        while (place > 0)
        {
            const std::size_t parent = (place - 1) / 4;
            if (!(event < m_events[parent]))
            {
                break;
            }
            m_events[place] = m_events[parent];
            place = parent;
        }
        m_events[place] = event;
    }

    /**
     * @brief Find the place of an event from the top downwards.
     * @param event the event
     */
    void SiftDown(const Event& event)
    {
        const std::size_t size = m_events.size();
        std::size_t place = 0;
        for (;;)
        {
            const std::size_t first = 4 * place + 1;
            if (first >= size)
            {
                break;
            }
            std::size_t least = first;
            const std::size_t end = std::min(first + 4, size);
            for (std::size_t child = first + 1; child < end; ++child)
            {
                least = m_events[child] < m_events[least] ? child : least;
            }
            if (!(m_events[least] < event))
            {
                break;
            }
            m_events[place] = m_events[least];
            place = least;
        }
        m_events[place] = event;
    }

    std::vector<Event> m_events; //!< A heap
    bool m_hole{false};          //!< Whether the first one is taken already
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_PACKET_EVENT_HEAP_H */
