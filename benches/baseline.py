"""What Bluelamp's triage is measured beside: pyahocorasick with the same folding, and a scikit-learn pipeline.

Reads messages and phrases as JSON, writes seconds as JSON. One core; the best of a few rounds, as on the other side.
"""

import json
import re
import sys
import time
import unicodedata

import ahocorasick
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, make_pipeline

INVISIBLE = dict.fromkeys([0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD])
REPEATED = re.compile(r"(.)\1{2,}")
NOT_WORDS = re.compile(r"[^\w]+")
LEET = str.maketrans("013457@$", "oieastas")


def fold(text):
    """NFKC, case fold, what cannot be seen, letters repeated for effect, digits for letters, words by one space."""
    text = unicodedata.normalize("NFKC", text).casefold().translate(INVISIBLE)
    text = REPEATED.sub(r"\1\1", text)
    words = NOT_WORDS.sub(" ", text).split()
    words = [w if w.isalpha() or w.isdigit() else w.translate(LEET) for w in words]
    return " " + " ".join(words) + " "


def best(rounds, work):
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        given = json.load(file)
    texts = [text for text, _ in given["messages"]]
    urgent = [int(grave) for _, grave in given["messages"]]
    automaton = ahocorasick.Automaton()
    for phrase in given["phrases"]:
        automaton.add_word(f" {phrase} ", phrase)
    automaton.make_automaton()

    def keywords():
        # The spaces at both ends of each phrase are the check of word bounds.
        return sum(1 for text in texts for _ in automaton.iter(fold(text)))

    folded = [fold(text) for text in texts]

    def scan():
        return sum(1 for text in folded for _ in automaton.iter(text))

    model = make_pipeline(
        FeatureUnion([
            ("words", TfidfVectorizer(ngram_range=(1, 2))),
            ("letters", TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), max_features=50_000)),
        ]),
        LogisticRegression(max_iter=200),
    )
    model.fit(texts[:5_000], urgent[:5_000])
    few = texts[:500]

    def one_at_a_time():
        for text in few:
            model.predict([text])

    json.dump(
        {
            "keywords_s": best(3, keywords),
            "scan_s": best(3, scan),
            "hits": keywords(),
            "model_s": best(2, one_at_a_time),
            "model_messages": len(few),
        },
        sys.stdout,
    )


main()
