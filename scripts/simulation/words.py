"""The words of the simulated platform: invented people, companies, texts and names of sessions.

Nobody and nothing here exists; every address lies under a domain reserved for examples.
"""

PEOPLE: tuple[str, ...] = (
    *("Ada Okafor", "Bo Lindqvist", "Chiara Bellandi", "Dmitri Volkonin", "Eun-ji Paek", "Farid Haddadin"),
    *("Greta Sommerfeldt", "Hana Moravcová", "Íris Brekkudóttir", "Jomo Wanyandeh", "Keiko Amanuma"),
    *("Liam O'Shaughran", "Mei Zhaolin", "Nuno Carvalheira", "Oluwaseun Adebisi", "Priya Ramanathi"),
    *("Quentin Delacourbe", "Rosa Villaverde", "Søren Kjeldahl", "Tariq al-Nasrani", "Uma Chatterley"),
    *("Viktor Szalontai", "Wren Hollowell", "Ximena Quiroz", "Yusuf Demirtepe", "Zofia Wierzbowska"),
    *("Anaïs Fontanelle", "Bruno Castellari", "Carys Penhallow", "Diego Montalbán", "Esther Mbeki-Lowe"),
    *("Finn Aaltonara", "Gita Deshmukhar", "Henrik Vasstrand", "Inés Olivarría", "Jasper Windle", "Kamala Iyerson"),
    *("Lars Bröckelmann", "Mariam Diallonke", "Noor van der Heuvelt", "Otto Rautenbach", "Paloma Reyesca"),
    *("Qasim Jamaldin", "Ruth Abernethwaite", "Sanjay Kulkarnani", "Tove Engdahlin", "Ulrike Zahnbrecher"),
    *("Vera Stojanović", "Wiremu Parata-Hale", "Xiu Lanfen", "Yara Benchekroun", "Zain Qureshimov", "Aroha Tamatea"),
    *("Bastien Rochefoy", "Cleo Papadimas", "Duc Nguyenson", "Elif Karaköse", "Fergus MacAlastair"),
    *("Gudrun Hallsteins", "Hugo Bettencourt"),
)

COMPANIES: tuple[str, ...] = (
    *("Quayside", "Blue Heron", "Northlight", "Tern & Co", "Marram", "Osprey Labs", "Fennel", "Saltmarsh"),
    *("Kestrel, Inc.", "Larkspur", "Brightwater", "Old Mill", "Sandpiper", "Ternway", "Foxglove", "Causeway"),
    *("Greyling", "Plover", "Samphire", "Windrose"),
)

DOMAINS: tuple[str, ...] = ("example.org", "example.com", "example.net")

CHAT: tuple[str, ...] = (
    "Hello from Lisbon!",
    "Hello everyone, greetings from a very rainy Bergen",
    "Good morning 👋",
    "Can you hear the speaker? I can't",
    "Sound is back, thanks",
    "Could you share the slides, please?",
    "+1",
    "Yes!",
    'She said "start with the silence", and I wrote that down twice',
    "We tried this last year, it took three weeks, two meetings and one cake 🍰",
    "Is there a template for this?",
    "How large was the group?",
    "That is exactly our problem",
    "👏👏👏",
    "Same here, same here, same here",
    "I disagree, but kindly",
    "Which tool was that?",
    "Three things:\n1. captions\n2. breaks\n3. shorter sessions",
    "My cat agrees with the last point 😺",
    "What about people with slow connections?",
    "Love this panel",
    "Who else is in Auckland and still awake?",
    "The link in the chat does not work; is there another one?",
    "Thank you, see you in the next room",
    "Merci beaucoup, c'était très clair",
    "Can we get the recording?",
    'The phrase "learning is not a pipeline" should be on a mug ☕',
    "Brilliant question, Rosa",
    "We have 40 % more sign-ups since we dropped the form",
    "Sorry, had to reconnect",
    "Is this session counted for credits?",
    "Thank you all!",
)

COMMENTS: tuple[str, ...] = (
    "Watched it twice, sharing with my team.",
    "The part at 12:30 is the best explanation of scaffolding I know, thanks!",
    'What is meant by "low floor, high ceiling"?',
    "Slides are missing the last page.",
    "Great lesson, short and kind.",
    "Could somebody post the reading list?\nI only noted the first two titles.",
    "Useful, thank you 🙏",
    "Agreed, and it scales down well to groups of five.",
)

REVIEWS: tuple[str, ...] = (
    "",
    "",
    "",
    "Warm, precise, and on time.",
    "Good content, too many slides",
    'I came for the title, I stayed for the "what went wrong" part',
    "Best hour of the week ⭐",
    "The sound was poor, the rest excellent",
    "Not quite what the description promised, but fun",
)

NOTIFICATIONS: tuple[str, ...] = (
    "Starting in 10 minutes: your next session",
    "Your certificate is ready",
    "New message in the lounge",
    "The recording is available",
    "Doors are open, come in!",
)

QUESTIONS_ASKED: tuple[str, ...] = (
    "How do you keep quiet people in the room, and not only on the list?",
    "Was that before or after the new platform?",
    "Is there any evidence for the 20-minute rule?",
)

RESOURCES: tuple[str, ...] = (
    "Slide deck (PDF)",
    "Facilitator's checklist, v2",
    "Reading list",
    "Accessibility guide",
    "Price list",
    "Worksheet: one page plan",
)

URLS: tuple[str, ...] = (
    "https://www.example.org/people/notes?ref=summit",
    "https://social.example.com/@lantern",
    "https://www.example.net/captions",
    "https://example.com/",
    "https://forms.example.org/feedback",
)

ANALYTICS_REPORTS: tuple[str, ...] = ("Sitewide Activity", "Unique Users", "Content Activity")

CREDITS: tuple[str, ...] = ("1.5", "1", "0.5", "2", "1.25", "Accumulative Content")

QUESTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Poll - Where do you join from?", ("At home", "At work", "On the way")),
    ("Poll - {topic} - now or later?", ("Now", "Later", "Never, sorry")),
    ("Poll - How new is {topic} to you?", ("New", "I know a little", "I teach it")),
    ("Poll - Do you use {topic}?", ("Yes", "No", "Not sure, ask me tomorrow")),
    ("Rating - How clear was {topic}?", ("5", "4", "3", "5", "4", "2", "1")),
    ("Rating - Pace - too slow (1) to too fast (5)", ("3", "3", "4", "2", "5")),
    ("Fill in the Blank - {topic} is ____", ("hard", "a habit", "everyone's job", "overdue")),
    ("Free Text - What will you try on Monday?", ("Shorter talks", "Captions, at last", "A nap 😴")),
    ("Sorting - Order the steps", ("Plan, Try, Ask, Rest", "Ask, Plan, Try, Rest")),
)

TOPICS: tuple[str, ...] = (
    *("Feedback", "Captions", "Budgets", "Onboarding", "Listening", "Assessment", "Data Ethics", "Storytelling"),
    *("Mentoring", "Retention", "Open Badges", "Microlearning", "Hybrid Rooms", "Curiosity", "Field Work"),
    *("Simulation", "Peer Review", "Dyslexia", "Translation", "Podcasts", "Quiet Time", "Playfulness"),
    *("Safeguarding", "Governance"),
)

FORMS: tuple[str, ...] = (
    "{} 101",
    "{} in Depth",
    "Ask Us: {}",
    "Why {}?",
    "{}, Live",
    "Better {}",
    "{} on Trial",
    "{} #2",
    "More {}",
    "{} & You",
)
